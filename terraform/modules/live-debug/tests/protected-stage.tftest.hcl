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
