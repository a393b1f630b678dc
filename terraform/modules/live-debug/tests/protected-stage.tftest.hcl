# Stages named like production are refused unless that is allowed explicitly.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  stage = "prod"
}

run "refuses_prod" {
  command         = plan
  expect_failures = [aws_dynamodb_table.this]
}

run "refuses_a_word_in_another_case" {
  command = plan

  variables {
    stage = "EU_Production-2"
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "refuses_a_numbered_word" {
  command = plan

  variables {
    stage = "prd01"
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "refuses_a_word_separated_by_capitals" {
  command = plan

  variables {
    stage = "euProd2"
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "accepts_words_that_only_contain_one" {
  command = plan

  variables {
    stage = "product-reproduce-2-olive"
  }

  assert {
    condition     = local.stage_words == ["product", "product", "reproduce", "reproduce", "2", "", "olive", "olive"]
    error_message = "None of them is production."
  }
}

run "accepts_non_prod" {
  command = plan

  variables {
    stage = "non-prod-2"
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "non-prod is not prod."
  }
}

run "refuses_custom_words" {
  command = plan

  variables {
    stage            = "demo-eu"
    protected_stages = ["Demo"]
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "compares_whole_words" {
  command = plan

  variables {
    stage = "product-team-delivery"
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "product is not prod."
  }
}

run "accepts_prod_without_protected_words" {
  command = plan

  variables {
    protected_stages = []
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "No word is protected."
  }
}

run "is_allowed_explicitly" {
  command = plan

  variables {
    allow_protected_stage = true
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "allow_protected_stage is set."
  }
}

run "is_only_observed_if_that_is_allowed" {
  variables {
    allow_observe         = true
    allow_protected_stage = true
    functions = {
      orders = {
        handler       = "src/orders.handler"
        runtime       = "nodejs22.x"
        mode          = "wrap"
        function_name = "orders-prod"
        timeout       = 10
        role          = { name = "orders", arn = "arn:aws:iam::123456789012:role/orders" }
        triggers      = { sqs = {} }
      }
      reports = {
        handler       = "app.handler"
        runtime       = "python3.13"
        mode          = "wrap"
        function_name = "reports-prod"
        timeout       = 10
        role          = { name = "reports", arn = "arn:aws:iam::123456789012:role/reports" }
      }
    }
  }

  assert {
    condition     = output.manifest.observe_only == true
    error_message = "livectl serve refuses the stage."
  }

  assert {
    condition = alltrue([
      for environment in concat(values(output.environment), [aws_lambda_function.beside["reports"].environment[0].variables]) :
      environment.LIVE_DEBUG_OBSERVE_ONLY == "true"
    ])
    error_message = "Wrappers, and stubs beside them, let nobody serve."
  }

  assert {
    condition = (
      [for statement in jsondecode(output.developer_policy_json).Statement : statement.Sid]
      == ["ConnectToRelay", "ReadOwnStage", "ServeOwnStage", "GiveBackOwnStage"]
    )
    error_message = "Developers can't answer, invoke, publish or read variables."
  }
}

run "observing_needs_wrapped_functions" {
  command = plan

  variables {
    allow_observe = true
    functions = {
      orders = { handler = "a.handler", runtime = "nodejs22.x", mode = "wrap", function_name = "orders", role = { name = "a", arn = "arn:aws:iam::123456789012:role/a" } }
      made   = { handler = "src/made.handler", runtime = "nodejs22.x" }
    }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "other_stages_are_served_as_ever" {
  command = plan

  variables {
    stage         = "staging"
    allow_observe = true
    functions     = { made = { handler = "src/made.handler", runtime = "nodejs22.x" } }
  }

  assert {
    condition     = !local.observe_only && !can(local.manifest.observe_only) && !can(output.environment["made"].LIVE_DEBUG_OBSERVE_ONLY)
    error_message = "allow_observe changes protected stages only."
  }
}
