variable "stage" {
  description = "The name of your own stage, e.g. dev-tom."
  type        = string
  default     = "dev"
}

variable "live" {
  description = "Whether the stage is live. `false` removes everything, as `terraform destroy` does."
  type        = bool
  default     = true
}
