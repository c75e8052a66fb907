package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
)

// A PDF file and a sound, as far as anybody looks at them here, and what a model says that gets their very bytes.
const (
	pdf       = "JVBERi0xLjQK"
	pdfSeen   = "Pictures: e5c62df5"
	sound     = "UklGRg=="
	soundSeen = "Pictures: a40ff3d5"
)

func chatsWithFiles(client openai.Client, host string) error {
	look := func(part openai.ChatCompletionContentPartUnionParam) (string, error) {
		content := []openai.ChatCompletionContentPartUnionParam{openai.TextContentPart("Look."), part}
		messages := []openai.ChatCompletionMessageParamUnion{openai.UserMessage(content)}
		answer, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: host + ":look", Messages: messages})
		if err != nil {
			return "", err
		}
		return answer.Choices[0].Message.Content, nil
	}
	file := openai.ChatCompletionContentPartFileFileParam{Filename: openai.String("a.pdf"), FileData: openai.String("data:application/pdf;base64," + pdf)}
	said, err := look(openai.FileContentPart(file))
	if err := errors.Join(err, same(said, pdfSeen)); err != nil {
		return err
	}
	said, err = look(openai.InputAudioContentPart(openai.ChatCompletionContentPartInputAudioInputAudioParam{Data: sound, Format: "wav"}))
	if host != "anthropic" {
		return errors.Join(err, same(said, soundSeen))
	}
	var refused *openai.Error
	if !errors.As(err, &refused) {
		return fmt.Errorf("a model that hears nothing said %q, %v", said, err)
	}
	return errors.Join(same(refused.StatusCode, 400), same(strings.HasPrefix(refused.Param, "messages[0].content[1]"), true))
}

func respondsBySightAndFiles(client openai.Client, host string) error {
	image := responses.ResponseInputContentParamOfInputImage(responses.ResponseInputImageDetailAuto)
	image.OfInputImage.ImageURL = openai.String("data:image/png;base64," + png)
	file := responses.ResponseInputFileParam{Filename: openai.String("a.pdf"), FileData: openai.String("data:application/pdf;base64," + pdf)}
	content := responses.ResponseInputMessageContentListParam{image, {OfInputFile: &file}}
	items := responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage(content, responses.EasyInputMessageRoleUser)}
	response, err := client.Responses.New(ctx, responses.ResponseNewParams{
		Model: host + ":look",
		Input: responses.ResponseNewParamsInputUnion{OfInputItemList: items},
	})
	if err != nil {
		return err
	}
	return same(response.OutputText(), seen+", "+strings.TrimPrefix(pdfSeen, "Pictures: "))
}

func messagesWithFiles(client anthropic.Client, host string) error {
	params := asked(host + ":look")
	document := anthropic.NewDocumentBlock(anthropic.Base64PDFSourceParam{Data: pdf})
	params.Messages = []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Look."), document)}
	answer, err := client.Messages.New(ctx, params)
	if err != nil {
		return err
	}
	return same(answer.Content[0].Text, pdfSeen)
}
