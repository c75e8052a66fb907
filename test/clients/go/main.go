// The official Go SDKs of OpenAI and Anthropic against a running gateway (BASE_URL, API_KEY, HOSTS).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

const (
	words   = "w0 w1 w2 w3 w4 w5 w6 w7"
	results = "Results: weather 0, time 0, weather 1, time 1"
	png     = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	seen    = "Pictures: 6b7fa434"
)

var (
	ctx        = context.Background()
	names      = []string{"weather", "time"}
	properties = map[string]any{"round": map[string]any{"type": "number"}, "nth": map[string]any{"type": "number"}}
	visit      = map[string]any{
		"type":                 "object",
		"properties":           map[string]any{"city": map[string]any{"type": "string"}, "days": map[string]any{"type": "array", "items": map[string]any{"type": "integer"}}},
		"required":             []string{"city", "days"},
		"additionalProperties": false,
	}
	filled = map[string]any{"city": "Oslo", "days": []any{7.0}}
)

func openaiOf(key string) openai.Client {
	return openai.NewClient(option.WithBaseURL(os.Getenv("BASE_URL")+"/v1"), option.WithAPIKey(key), option.WithMaxRetries(0))
}

func anthropicOf(key string) anthropic.Client {
	return anthropic.NewClient(anthropicoption.WithBaseURL(os.Getenv("BASE_URL")), anthropicoption.WithAPIKey(key), anthropicoption.WithMaxRetries(0))
}

func main() {
	passed, failed := 0, 0
	chat, messages := openaiOf(os.Getenv("API_KEY")), anthropicOf(os.Getenv("API_KEY"))
	run := func(name string, test func() error) {
		if err := test(); err != nil {
			failed++
			fmt.Printf("FAILED %s: %v\n", name, err)
			return
		}
		passed++
	}
	for _, host := range strings.Split(os.Getenv("HOSTS"), ",") {
		run(host+" chats", func() error { return chats(chat, host) })
		run(host+" chats with tools", func() error { return chatsWithTools(chat, host) })
		run(host+" chats by schema and sight", func() error { return chatsBySchemaAndSight(chat, host) })
		run(host+" chats with files", func() error { return chatsWithFiles(chat, host) })
		run(host+" chats that break", func() error { return chatsThatBreak(chat, host) })
		run(host+" responds", func() error { return responds(chat, host) })
		run(host+" responds with tools", func() error { return respondsWithTools(chat, host) })
		run(host+" responds by sight and files", func() error { return respondsBySightAndFiles(chat, host) })
		run(host+" responds by schema", func() error { return respondsBySchema(chat, host) })
		run(host+" messages", func() error { return answersMessages(messages, host) })
		run(host+" messages with tools", func() error { return messagesWithTools(messages, host) })
		run(host+" messages by schema and sight", func() error { return messagesBySchemaAndSight(messages, host) })
		run(host+" messages with files", func() error { return messagesWithFiles(messages, host) })
		run(host+" messages that break", func() error { return messagesThatBreak(messages, host) })
	}
	run("embeds", func() error { return embeds(chat) })
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

func same(is, wanted any) error {
	if reflect.DeepEqual(is, wanted) {
		return nil
	}
	return fmt.Errorf("%#v is not %#v", is, wanted)
}

// fill reads JSON that a model wrote.
func fill(text string) (value map[string]any) {
	_ = json.Unmarshal([]byte(text), &value)
	return value
}

func chats(client openai.Client, host string) error {
	params := openai.ChatCompletionNewParams{
		Model:         host + ":ok",
		Messages:      []openai.ChatCompletionMessageParamUnion{openai.DeveloperMessage("Be brief."), openai.UserMessage("Say words.")},
		StreamOptions: openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)},
	}
	stream := client.Chat.Completions.NewStreaming(ctx, params)
	sum := openai.ChatCompletionAccumulator{}
	for stream.Next() {
		if !sum.AddChunk(stream.Current()) {
			return errors.New("a chunk does not fit those before it")
		}
	}
	if err := errors.Join(stream.Err(), same(sum.Choices[0].Message.Content, words), same(sum.Usage.CompletionTokens, int64(8))); err != nil {
		return err
	}
	params.StreamOptions = openai.ChatCompletionStreamOptionsParam{}
	answer, err := client.Chat.Completions.New(ctx, params)
	if err != nil {
		return err
	}
	return errors.Join(same(answer.Choices[0].Message.Content, words), same(answer.Choices[0].FinishReason, "stop"))
}

func chatsWithTools(client openai.Client, host string) error {
	params := openai.ChatCompletionNewParams{Model: host + ":agent", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Find out.")}}
	for _, name := range names {
		parameters := shared.FunctionParameters{"type": "object", "properties": properties}
		params.Tools = append(params.Tools, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: name, Parameters: parameters}))
	}
	for turn := 0; ; turn++ {
		stream := client.Chat.Completions.NewStreaming(ctx, params)
		sum := openai.ChatCompletionAccumulator{}
		for stream.Next() {
			sum.AddChunk(stream.Current())
		}
		if stream.Err() != nil {
			return stream.Err()
		}
		message := sum.Choices[0].Message
		if turn == 2 {
			return same(message.Content, results)
		}
		params.Messages = append(params.Messages, message.ToParam())
		if err := same(len(message.ToolCalls), 2); err != nil {
			return err
		}
		for _, call := range message.ToolCalls {
			if err := same(fill(call.Function.Arguments)["round"], float64(turn)); err != nil {
				return err
			}
			params.Messages = append(params.Messages, openai.ToolMessage(fmt.Sprintf("%s %d", call.Function.Name, turn), call.ID))
		}
	}
}

func chatsBySchemaAndSight(client openai.Client, host string) error {
	schema := shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "visit", Strict: openai.Bool(true), Schema: visit}
	answer, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
		Model:          host + ":form",
		Messages:       []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Fill in.")},
		ResponseFormat: openai.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{JSONSchema: schema}},
	})
	if err != nil {
		return err
	}
	if err := same(fill(answer.Choices[0].Message.Content), filled); err != nil {
		return err
	}
	image := openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: "data:image/png;base64," + png})
	answer, err = client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
		Model:    host + ":look",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{openai.TextContentPart("Look."), image})},
	})
	if err != nil {
		return err
	}
	return same(answer.Choices[0].Message.Content, seen)
}

func chatsThatBreak(client openai.Client, host string) error {
	messages := []openai.ChatCompletionMessageParamUnion{openai.UserMessage("x")}
	for _, script := range []string{"cut,after=3", "error-late"} {
		stream := client.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{Model: host + ":" + script, Messages: messages})
		for stream.Next() {
		}
		if stream.Err() == nil {
			return errors.New(script + " ended as if nothing were wrong")
		}
	}
	stranger := openaiOf("sk-unknown")
	_, err := stranger.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: host + ":ok", Messages: messages})
	var refused *openai.Error
	if !errors.As(err, &refused) {
		return fmt.Errorf("a wrong key got %v", err)
	}
	return same(refused.StatusCode, 401)
}

// respond reads a response from its stream.
func respond(client openai.Client, params responses.ResponseNewParams) (done responses.Response, err error) {
	stream := client.Responses.NewStreaming(ctx, params)
	for next := int64(0); stream.Next(); next++ {
		event := stream.Current()
		if event.SequenceNumber != next {
			return done, fmt.Errorf("event %d has the number %d", next, event.SequenceNumber)
		}
		switch event.Type {
		case "response.completed":
			done = event.Response
		case "response.failed", "error":
			return done, errors.New(event.RawJSON())
		}
	}
	if stream.Err() == nil && done.ID == "" {
		return done, errors.New("the stream ended without response.completed")
	}
	return done, stream.Err()
}

func responds(client openai.Client, host string) error {
	params := responses.ResponseNewParams{Model: host + ":ok", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("Say words.")}}
	first, err := respond(client, params)
	if err != nil {
		return err
	}
	params.PreviousResponseID = openai.String(first.ID)
	second, err := client.Responses.New(ctx, params)
	if err != nil {
		return err
	}
	params.Model = host + ":cut,after=3"
	if _, err := respond(client, params); err == nil {
		return errors.New("a cut stream ended as if nothing were wrong")
	}
	return errors.Join(same(first.OutputText(), words), same(second.OutputText(), words), same(second.Usage.OutputTokens, int64(8)))
}

func respondsWithTools(client openai.Client, host string) error {
	items := responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage("Find out.", responses.EasyInputMessageRoleUser)}
	params := responses.ResponseNewParams{
		Model:   host + ":agent,kept=1",
		Store:   openai.Bool(false),
		Include: []responses.ResponseIncludable{responses.ResponseIncludableReasoningEncryptedContent},
	}
	for _, name := range names {
		params.Tools = append(params.Tools, responses.ToolParamOfFunction(name, map[string]any{"type": "object", "properties": properties}, false))
	}
	for turn := 0; ; turn++ {
		params.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: items}
		response, err := respond(client, params)
		if err != nil {
			return err
		}
		if turn == 2 {
			kept := 2
			if host == "chat" {
				kept = 0
			}
			return errors.Join(
				same(response.OutputText(), fmt.Sprintf("%s; thoughts kept: %d", results, kept)),
				same(response.Usage.InputTokensDetails.CachedTokens, int64(5)),
			)
		}
		outputs := responses.ResponseInputParam{}
		for _, item := range response.Output {
			items = append(items, param.Override[responses.ResponseInputItemUnionParam](json.RawMessage(item.RawJSON())))
			if item.Type == "function_call" {
				output := responses.ResponseInputItemParamOfFunctionCallOutput(fmt.Sprintf("%s %d", item.Name, turn))
				output.OfFunctionCallOutput.CallID = openai.String(item.CallID)
				outputs = append(outputs, output)
			}
		}
		items = append(items, outputs...)
	}
}

func respondsBySchema(client openai.Client, host string) error {
	response, err := client.Responses.New(ctx, responses.ResponseNewParams{
		Model: host + ":form",
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("Fill in.")},
		Text:  responses.ResponseTextConfigParam{Format: responses.ResponseFormatTextConfigParamOfJSONSchema("visit", visit)},
	})
	if err != nil {
		return err
	}
	return same(fill(response.OutputText()), filled)
}

func embeds(client openai.Client) error {
	answer, err := client.Embeddings.New(ctx, openai.EmbeddingNewParams{
		Model: "openai:ok",
		Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "b"}},
	})
	if err != nil {
		return err
	}
	return errors.Join(same(len(answer.Data), 2), same(answer.Data[1].Embedding, []float64{0.5, -0.25}))
}
