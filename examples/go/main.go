// A Lambda function in Go, behind an HTTP API.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"
)

// request is the part of an HTTP API's event (payload format 2.0) that this function reads.
type request struct {
	QueryStringParameters map[string]string `json:"queryStringParameters"`
}

type response struct {
	Message string `json:"message"`
}

// started is warm state: it lasts as long as the process.
var started = time.Now()

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	var in request
	if err := json.Unmarshal(event, &in); err != nil {
		return nil, fmt.Errorf("the event is no request: %w", err)
	}
	name := in.QueryStringParameters["name"]
	if name == "" {
		name = "world"
	}
	deadline, _ := ctx.Deadline()
	log.Printf("greeting %s, %d ms left, up for %d ms", name, time.Until(deadline).Milliseconds(), time.Since(started).Milliseconds())
	return response{Message: fmt.Sprintf("%s, %s!", os.Getenv("GREETING"), name)}, nil
}

func main() {
	log.SetFlags(0)
	if err := serve(handle); err != nil {
		log.Fatal(err)
	}
}
