variable "live" {
  description = "Whether livectl can answer for the functions. `false`: they run their own package, without API and queue."
  type        = bool
  default     = true
}

variable "stage" {
  description = "The name of the stage that the developers share, e.g. dev."
  type        = string
  default     = "dev"
}
