variable "function_name" {
  description = "The function's name."
  type        = string
}

variable "create_package" {
  description = "Whether to build the package. This stand-in takes a built package only."
  type        = bool
  default     = true

  validation {
    condition     = !var.create_package
    error_message = "create_package must be false: pass local_existing_package."
  }
}

variable "local_existing_package" {
  description = "Path of the zip file."
  type        = string
}

variable "create_role" {
  description = "Whether to create a role. This stand-in takes an existing role only."
  type        = bool
  default     = true

  validation {
    condition     = !var.create_role
    error_message = "create_role must be false: pass lambda_role."
  }
}

variable "lambda_role" {
  description = "ARN of the function's role."
  type        = string
}

variable "handler" {
  description = "The function's handler."
  type        = string
}

variable "runtime" {
  description = "The function's runtime."
  type        = string
}

variable "timeout" {
  description = "The function's timeout in seconds."
  type        = number
  default     = 3
}

variable "memory_size" {
  description = "The function's memory in MB."
  type        = number
  default     = 128
}

variable "environment_variables" {
  description = "The function's environment variables."
  type        = map(string)
  default     = {}
}
