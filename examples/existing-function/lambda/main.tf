# A stand-in for terraform-aws-modules/lambda with those of its inputs and outputs that the example needs, under their
# own names, so that the example needs no registry. In your own code, use that module's source instead.

resource "aws_lambda_function" "this" {
  function_name    = var.function_name
  role             = var.lambda_role
  filename         = var.local_existing_package
  source_code_hash = filebase64sha256(var.local_existing_package)
  handler          = var.handler
  runtime          = var.runtime
  timeout          = var.timeout
  memory_size      = var.memory_size

  environment {
    variables = var.environment_variables
  }
}
