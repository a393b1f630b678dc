// The loop of a custom runtime, with the standard library only:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. With github.com/aws/aws-lambda-go it is one line in
// main, lambda.Start(handle), and this file goes.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

type handler func(ctx context.Context, event json.RawMessage) (any, error)

// failure is what Lambda reports of an error.
type failure struct {
	ErrorType    string `json:"errorType"`
	ErrorMessage string `json:"errorMessage"`
}

// serve takes invocations one by one until the Runtime API is gone.
func serve(handle handler) error {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			return err
		}
		event, err := io.ReadAll(next.Body)
		next.Body.Close()
		if err != nil {
			return err
		}
		outcome, body := answer(handle, next.Header, event)
		invocation := api + next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		posted, err := http.Post(invocation+outcome, "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		posted.Body.Close()
	}
}

// answer runs the handler; a panic ends its invocation only.
func answer(handle handler, header http.Header, event []byte) (outcome string, body []byte) {
	defer func() {
		if panicked := recover(); panicked != nil {
			outcome, body = fails("Runtime.Panic", fmt.Sprint(panicked))
		}
	}()
	os.Setenv("_X_AMZN_TRACE_ID", header.Get("Lambda-Runtime-Trace-Id"))
	milliseconds, _ := strconv.ParseInt(header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
	ctx, cancel := context.WithDeadline(context.Background(), time.UnixMilli(milliseconds))
	defer cancel()
	result, err := handle(ctx, event)
	if err != nil {
		return fails(fmt.Sprintf("%T", err), err.Error())
	}
	if body, err = json.Marshal(result); err != nil {
		return fails("Runtime.MarshalError", err.Error())
	}
	return "/response", body
}

func fails(kind, message string) (string, []byte) {
	body, _ := json.Marshal(failure{ErrorType: kind, ErrorMessage: message})
	return "/error", body
}
