package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/anthropics/anthropic-sdk-go"
)

// sum reads a message from its stream.
func sum(client anthropic.Client, params anthropic.MessageNewParams) (message anthropic.Message, err error) {
	stream := client.Messages.NewStreaming(ctx, params)
	ended := false
	for stream.Next() {
		event := stream.Current()
		if err := message.Accumulate(event); err != nil {
			return message, err
		}
		ended = event.Type == "message_stop"
	}
	if stream.Err() == nil && !ended {
		return message, errors.New("the stream ended without message_stop")
	}
	return message, stream.Err()
}

func asked(model string) anthropic.MessageNewParams {
	text := anthropic.NewUserMessage(anthropic.NewTextBlock("Say words."))
	return anthropic.MessageNewParams{Model: anthropic.Model(model), MaxTokens: 4000, Messages: []anthropic.MessageParam{text}}
}

func answersMessages(client anthropic.Client, host string) error {
	whole, err := client.Messages.New(ctx, asked(host+":ok"))
	if err != nil {
		return err
	}
	streamed, err := sum(client, asked(host+":ok"))
	return errors.Join(
		err,
		same(whole.Content[0].Text, words),
		same(whole.StopReason, anthropic.StopReasonEndTurn),
		same(streamed.Content[0].Text, words),
		same(streamed.Usage.OutputTokens, int64(8)),
	)
}

func messagesWithTools(client anthropic.Client, host string) error {
	params := asked(host + ":agent,kept=1")
	params.Thinking = anthropic.ThinkingConfigParamOfEnabled(1024)
	for _, name := range names {
		schema := anthropic.ToolInputSchemaParam{Properties: properties}
		params.Tools = append(params.Tools, anthropic.ToolUnionParam{OfTool: &anthropic.ToolParam{Name: name, InputSchema: schema}})
	}
	for turn := 0; ; turn++ {
		message, err := sum(client, params)
		if err != nil {
			return err
		}
		if turn == 2 {
			kept := 2
			if host == "chat" || host == "openai" {
				kept = 0
			}
			last := message.Content[len(message.Content)-1].Text
			return errors.Join(same(last, fmt.Sprintf("%s; thoughts kept: %d", results, kept)), same(message.Usage.CacheReadInputTokens, int64(5)))
		}
		params.Messages = append(params.Messages, message.ToParam())
		answers := []anthropic.ContentBlockParamUnion{}
		for _, block := range message.Content {
			if block.Type == "tool_use" {
				answers = append(answers, anthropic.NewToolResultBlock(block.ID, fmt.Sprintf("%s %d", block.Name, turn), false))
			}
		}
		if err := same(len(answers), 2); err != nil {
			return err
		}
		params.Messages = append(params.Messages, anthropic.NewUserMessage(answers...))
	}
}

func messagesBySchemaAndSight(client anthropic.Client, host string) error {
	params := asked(host + ":form")
	params.OutputConfig = anthropic.OutputConfigParam{Format: anthropic.JSONOutputFormatParam{Schema: visit}}
	answer, err := client.Messages.New(ctx, params)
	if err != nil {
		return err
	}
	if err := same(fill(answer.Content[0].Text), filled); err != nil {
		return err
	}
	params = asked(host + ":look")
	params.Messages = []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Look."), anthropic.NewImageBlockBase64("image/png", png))}
	answer, err = client.Messages.New(ctx, params)
	if err != nil {
		return err
	}
	counted, err := client.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{Model: params.Model, Messages: params.Messages})
	if err != nil {
		return err
	}
	return errors.Join(same(answer.Content[0].Text, seen), same(counted.InputTokens > 5, true))
}

func messagesThatBreak(client anthropic.Client, host string) error {
	for _, script := range []string{"cut,after=3", "error-late"} {
		if message, err := sum(client, asked(host+":"+script)); err == nil {
			text, _ := json.Marshal(message)
			return fmt.Errorf("%s ended as %s", script, text)
		}
	}
	stranger := anthropicOf("sk-unknown")
	_, err := stranger.Messages.New(ctx, asked(host+":ok"))
	var refused *anthropic.Error
	if !errors.As(err, &refused) {
		return fmt.Errorf("a wrong key got %v", err)
	}
	return same(refused.StatusCode, 401)
}
