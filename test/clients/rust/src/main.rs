//! async-openai against a running gateway (BASE_URL, API_KEY, HOSTS): its types are closed, so whatever they do not know is an
//! error. Requests go through the same types.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::chat::CreateChatCompletionRequest;
use async_openai::types::embeddings::CreateEmbeddingRequest;
use async_openai::types::responses::{
    CreateResponse, OutputItem, OutputMessageContent, Response, ResponseStreamEvent,
};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const WORDS: &str = "w0 w1 w2 w3 w4 w5 w6 w7";
const RESULTS: &str = "Results: weather 0, time 0, weather 1, time 1";
const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const SEEN: &str = "Pictures: 6b7fa434";
const PDF: &str = "data:application/pdf;base64,JVBERi0xLjQK";

type Fault = Box<dyn std::error::Error>;
type Outcome = Result<(), Fault>;
type Sdk = Client<OpenAIConfig>;

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn sdk(key: &str) -> Sdk {
    let config = OpenAIConfig::new()
        .with_api_base(format!("{}/v1", env("BASE_URL")))
        .with_api_key(key);
    Client::with_config(config)
}

fn same<T: PartialEq + std::fmt::Debug>(is: T, wanted: T) -> Outcome {
    if is == wanted {
        Ok(())
    } else {
        Err(format!("{is:?} is not {wanted:?}").into())
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Fault> {
    Ok(serde_json::from_value(value)?)
}

fn parameters() -> Value {
    json!({"type": "object", "properties": {"round": {"type": "number"}, "nth": {"type": "number"}}})
}

fn visit() -> Value {
    json!({
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}}},
        "required": ["city", "days"],
        "additionalProperties": false
    })
}

async fn chats(sdk: &Sdk, host: &str) -> Outcome {
    let request = json!({"model": format!("{host}:ok"), "messages": [
        {"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Say words."}
    ]});
    let answer = sdk.chat().create(typed(request.clone())?).await?;
    same(answer.choices[0].message.content.as_deref(), Some(WORDS))?;
    same(answer.usage.map(|usage| usage.completion_tokens), Some(8))?;

    let mut asked: CreateChatCompletionRequest = typed(request)?;
    asked.stream_options = Some(typed(json!({"include_usage": true}))?);
    let mut stream = sdk.chat().create_stream(asked).await?;
    let (mut text, mut tokens) = (String::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        text.extend(
            chunk
                .choices
                .iter()
                .filter_map(|choice| choice.delta.content.clone()),
        );
        tokens = chunk.usage.map_or(tokens, |usage| usage.completion_tokens);
    }
    same((text.as_str(), tokens), (WORDS, 8))
}

async fn chats_with_tools(sdk: &Sdk, host: &str) -> Outcome {
    let tools: Vec<Value> = ["weather", "time"]
        .iter()
        .map(|name| json!({"type": "function", "function": {"name": name, "parameters": parameters()}}))
        .collect();
    let mut messages = vec![json!({"role": "user", "content": "Find out."})];
    for turn in 0..3 {
        let request =
            json!({"model": format!("{host}:agent"), "messages": messages, "tools": tools});
        let answer = sdk.chat().create(typed(request)?).await?;
        let message = serde_json::to_value(&answer.choices[0].message)?;
        let calls = message["tool_calls"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if turn == 2 {
            same(message["content"].as_str(), Some(RESULTS))?;
            let details = answer.usage.and_then(|usage| usage.prompt_tokens_details);
            return same(details.and_then(|details| details.cached_tokens), Some(5));
        }
        same(calls.len(), 2)?;
        messages.push(message);
        for call in &calls {
            let content = format!(
                "{} {turn}",
                call["function"]["name"].as_str().unwrap_or_default()
            );
            messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": content}));
        }
    }
    Ok(())
}

async fn chats_by_schema_and_sight(sdk: &Sdk, host: &str) -> Outcome {
    let format = json!({"type": "json_schema", "json_schema": {"name": "visit", "strict": true, "schema": visit()}});
    let request = json!({"model": format!("{host}:form"), "response_format": format,
        "messages": [{"role": "user", "content": "Fill in."}]});
    let answer = sdk.chat().create(typed(request)?).await?;
    let filled: Value = serde_json::from_str(
        answer.choices[0]
            .message
            .content
            .as_deref()
            .unwrap_or_default(),
    )?;
    same(filled, json!({"city": "Oslo", "days": [7]}))?;

    let content = json!([{"type": "text", "text": "Look."}, {"type": "image_url", "image_url": {"url": PNG}}]);
    let request = json!({"model": format!("{host}:look"), "messages": [{"role": "user", "content": content}]});
    let answer = sdk.chat().create(typed(request)?).await?;
    same(answer.choices[0].message.content.as_deref(), Some(SEEN))
}

/// The very bytes of a PDF file and of a sound arrive, by either API; a model that hears nothing says so.
async fn sends_files(sdk: &Sdk, host: &str) -> Outcome {
    let file = json!({"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}});
    let sound =
        json!({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}});
    for (part, seen) in [(file, "Pictures: e5c62df5"), (sound, "Pictures: a40ff3d5")] {
        let hears = host != "anthropic" || part["type"] != "input_audio";
        let content = json!([{"type": "text", "text": "Look."}, part]);
        let request = json!({"model": format!("{host}:look"), "messages": [{"role": "user", "content": content}]});
        match sdk.chat().create(typed(request)?).await {
            Ok(answer) => same(answer.choices[0].message.content.as_deref(), Some(seen))?,
            Err(OpenAIError::ApiError(error)) if !hears => {
                same(format!("{error:?}").contains("takes no audio"), true)?
            }
            Err(error) => return Err(error.into()),
        }
    }
    let content = json!([
        {"type": "input_text", "text": "Look."},
        {"type": "input_file", "filename": "a.pdf", "file_data": PDF}
    ]);
    let input = json!([{"type": "message", "role": "user", "content": content}]);
    let request = typed(json!({"model": format!("{host}:look"), "input": input}))?;
    same(
        text_of(&sdk.responses().create(request).await?).as_str(),
        "Pictures: e5c62df5",
    )
}

fn text_of(response: &Response) -> String {
    let messages = response.output.iter().filter_map(|item| match item {
        OutputItem::Message(message) => Some(message),
        _ => None,
    });
    let parts = messages
        .flat_map(|message| &message.content)
        .filter_map(|content| match content {
            OutputMessageContent::OutputText(text) => Some(text.text.as_str()),
            _ => None,
        });
    parts.collect()
}

/// The response that a stream ends with; every event must have the number that follows.
async fn streamed(sdk: &Sdk, mut request: CreateResponse) -> Result<Response, Fault> {
    request.stream = Some(true);
    let mut stream = sdk.responses().create_stream(request).await?;
    let (mut next, mut done) = (0, None);
    while let Some(event) = stream.next().await {
        let event = event?;
        let number = serde_json::to_value(&event)?["sequence_number"].as_u64();
        same(number, Some(next))?;
        next += 1;
        match event {
            ResponseStreamEvent::ResponseCompleted(event) => done = Some(event.response),
            ResponseStreamEvent::ResponseFailed(event) => {
                return Err(format!("failed: {:?}", event.response.error).into());
            }
            ResponseStreamEvent::ResponseError(event) => return Err(event.message.into()),
            _ => {}
        }
    }
    done.ok_or_else(|| "the stream ended without response.completed".into())
}

async fn responds(sdk: &Sdk, host: &str) -> Outcome {
    let request =
        json!({"model": format!("{host}:ok"), "input": "Say words.", "instructions": "Be brief."});
    let first = sdk.responses().create(typed(request.clone())?).await?;
    same(text_of(&first).as_str(), WORDS)?;
    let mut again: CreateResponse = typed(request.clone())?;
    again.previous_response_id = Some(first.id);
    same(
        text_of(&sdk.responses().create(again).await?).as_str(),
        WORDS,
    )?;
    let response = streamed(sdk, typed(request)?).await?;
    same(
        (
            text_of(&response).as_str(),
            response.usage.map(|usage| usage.output_tokens),
        ),
        (WORDS, Some(8)),
    )
}

async fn responds_with_tools(sdk: &Sdk, host: &str) -> Outcome {
    let tools: Vec<Value> = ["weather", "time"]
        .iter()
        .map(|name| json!({"type": "function", "name": name, "parameters": parameters(), "strict": false}))
        .collect();
    for stream in [false, true] {
        let mut items = vec![json!({"type": "message", "role": "user", "content": "Find out."})];
        for turn in 0..3 {
            let request: CreateResponse = typed(json!({
                "model": format!("{host}:agent,kept=1"), "input": items, "tools": tools, "store": false,
                "include": ["reasoning.encrypted_content"]
            }))?;
            let response = if stream {
                streamed(sdk, request).await?
            } else {
                sdk.responses().create(request).await?
            };
            if turn == 2 {
                let kept = if host == "chat" { 0 } else { 2 };
                same(
                    text_of(&response),
                    format!("{RESULTS}; thoughts kept: {kept}"),
                )?;
                let cached = response
                    .usage
                    .map(|usage| usage.input_tokens_details.cached_tokens);
                same(cached, Some(5))?;
                continue;
            }
            let mut outputs = vec![];
            for item in &response.output {
                items.push(serde_json::to_value(item)?);
                if let OutputItem::FunctionCall(call) = item {
                    let output = format!("{} {turn}", call.name);
                    outputs.push(json!({"type": "function_call_output", "call_id": call.call_id, "output": output}));
                }
            }
            same(outputs.len(), 2)?;
            items.append(&mut outputs);
        }
    }
    Ok(())
}

async fn responds_by_schema_and_sight(sdk: &Sdk, host: &str) -> Outcome {
    let format = json!({"format": {"type": "json_schema", "name": "visit", "strict": true, "schema": visit()}});
    let request: CreateResponse =
        typed(json!({"model": format!("{host}:form"), "input": "Fill in.", "text": format}))?;
    let filled: Value = serde_json::from_str(&text_of(&streamed(sdk, request).await?))?;
    same(filled, json!({"city": "Oslo", "days": [7]}))?;

    let content = json!([
        {"type": "input_text", "text": "Look."}, {"type": "input_image", "image_url": PNG, "detail": "auto"}
    ]);
    let input = json!([{"type": "message", "role": "user", "content": content}]);
    let request = typed(json!({"model": format!("{host}:look"), "input": input}))?;
    same(
        text_of(&sdk.responses().create(request).await?).as_str(),
        SEEN,
    )
}

async fn sees_cuts_and_refusals(sdk_: &Sdk, host: &str) -> Outcome {
    let request = typed(json!({"model": format!("{host}:cut,after=3"), "input": "x"}))?;
    if let Ok(response) = streamed(sdk_, request).await {
        return Err(format!("a cut stream ended as {response:?}").into());
    }
    let request = json!({"model": format!("{host}:cut,after=3"), "messages": [{"role": "user", "content": "x"}]});
    let mut stream = sdk_.chat().create_stream(typed(request)?).await?;
    let mut broke = false;
    while let Some(chunk) = stream.next().await {
        broke |= chunk.is_err();
    }
    same(broke, true)?;
    let request =
        json!({"model": format!("{host}:ok"), "messages": [{"role": "user", "content": "x"}]});
    match sdk("sk-unknown").chat().create(typed(request)?).await {
        Err(OpenAIError::ApiError(error)) => same(format!("{error:?}").contains("401"), true),
        other => Err(format!("a wrong key got {other:?}").into()),
    }
}

async fn embeds(sdk: &Sdk) -> Outcome {
    let request: CreateEmbeddingRequest =
        typed(json!({"model": "openai:ok", "input": ["a", "b"]}))?;
    let answer = sdk.embeddings().create(request).await?;
    same(
        answer
            .data
            .iter()
            .map(|one| one.embedding.clone())
            .collect(),
        vec![vec![0.5, -0.25]; 2],
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let client = sdk(&env("API_KEY"));
    let (mut passed, mut failed) = (0, 0);
    let mut count = |name: String, outcome: Outcome| match outcome {
        Ok(()) => passed += 1,
        Err(error) => {
            failed += 1;
            println!("FAILED {name}: {error}");
        }
    };
    for host in env("HOSTS").split(',') {
        count(format!("{host} chats"), chats(&client, host).await);
        count(
            format!("{host} chats with tools"),
            chats_with_tools(&client, host).await,
        );
        count(
            format!("{host} chats by schema and sight"),
            chats_by_schema_and_sight(&client, host).await,
        );
        count(format!("{host} responds"), responds(&client, host).await);
        count(
            format!("{host} responds with tools"),
            responds_with_tools(&client, host).await,
        );
        count(
            format!("{host} responds by schema and sight"),
            responds_by_schema_and_sight(&client, host).await,
        );
        count(
            format!("{host} sends files"),
            sends_files(&client, host).await,
        );
        count(
            format!("{host} sees cuts and refusals"),
            sees_cuts_and_refusals(&client, host).await,
        );
    }
    count("embeds".into(), embeds(&client).await);
    println!("{passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}
