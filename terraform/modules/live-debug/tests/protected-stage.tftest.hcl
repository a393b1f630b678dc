# Stages that sound like production are refused until somebody says otherwise.

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

run "refuses_a_word_set_off_by_capitals" {
  command = plan

  variables {
    stage = "euProd2"
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "takes_words_that_only_contain_one" {
  command = plan

  variables {
    stage = "product-reproduce-2-olive"
  }

  assert {
    condition     = local.stage_words == ["product", "product", "reproduce", "reproduce", "2", "", "olive", "olive"]
    error_message = "None of them is production."
  }
}

run "takes_what_is_no_production" {
  command = plan

  variables {
    stage = "non-prod-2"
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "non-prod is not prod."
  }
}

run "refuses_words_of_the_callers" {
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

run "takes_the_callers_words_only" {
  command = plan

  variables {
    protected_stages = []
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "Nothing is protected then."
  }
}

run "allows_it_when_told" {
  command = plan

  variables {
    allow_protected_stage = true
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "The leave was given."
  }
}
