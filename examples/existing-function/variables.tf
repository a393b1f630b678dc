variable "live" {
  description = "Whether livectl can answer for the functions. `false`: they run their own packages."
  type        = bool
  default     = false
}

variable "stage" {
  description = "The name of your own stage, e.g. dev-tom."
  type        = string
  default     = "dev"
}
