//! `sluice render`: a mapping template over a sample request, once or for many.

use std::fs;
use std::io::{self, BufRead as _, Read as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::vtl::{self, Input, Limits, Names, Overrides, Step, TemplateError, Tracer};

/// Renders a mapping template as API Gateway does
#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// The template's file, `-` for standard input
    #[arg(required_unless_present = "jsonl")]
    template: Option<PathBuf>,
    /// The payload's file, `-` for standard input; none counts as `{}`
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// A JSON file with the request's parameters: {"path": {…}, "querystring": {…}, "header": {…}}
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// A JSON file with the stage's variables: {"name": "value"}
    #[arg(long, value_name = "FILE")]
    stage_variables: Option<PathBuf>,
    /// A JSON file with what `$context` holds
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// Say on standard error what each step does: text, references, branches, turns, assignments
    #[arg(long)]
    trace: bool,
    /// Answer with one JSON object: {"output", "overrides"} or {"error", "kind", "line", "column"}
    #[arg(long)]
    json: bool,
    /// Read requests as JSON lines from standard input and answer each with one line
    ///
    /// A request is {"template", "body", "params", "stageVariables", "context"}; the answer {"output", "overrides"} or {"error"}.
    #[arg(long, conflicts_with_all = ["template", "body", "params", "stage_variables", "context", "trace", "json"])]
    jsonl: bool,
}

/// Runs the subcommand: 0 when the template rendered, 1 when it failed, 2 when its inputs can't be read.
pub(crate) fn run(args: &RenderArgs) -> ExitCode {
    let done = if args.jsonl { many() } else { once(args) };
    match done {
        Ok(code) => code,
        Err(message) => super::fail(2, &message),
    }
}

/// One request's data.
#[derive(Debug, Default)]
struct Sample {
    body: String,
    path: IndexMap<String, String>,
    querystring: IndexMap<String, String>,
    header: IndexMap<String, String>,
    stage_variables: IndexMap<String, String>,
    context: Map<String, Json>,
}

impl Sample {
    fn input(&self) -> Input<'_> {
        Input {
            body: &self.body,
            path: &self.path as &dyn Names,
            querystring: &self.querystring,
            header: &self.header,
            stage_variables: &self.stage_variables,
            context: &self.context,
        }
    }

    fn take_params(&mut self, params: Option<&Json>) {
        let group = |name| texts(params.and_then(|p| p.get(name)));
        self.path = group("path");
        self.querystring = group("querystring");
        self.header = group("header");
    }
}

/// Names with texts; other values as their JSON.
fn texts(object: Option<&Json>) -> IndexMap<String, String> {
    let entries = object.and_then(Json::as_object).into_iter().flatten();
    let text = |value: &Json| match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    entries
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn read(path: &PathBuf) -> Result<String, String> {
    if path.as_os_str() == "-" {
        let mut text = String::new();
        let read = io::stdin().lock().read_to_string(&mut text);
        return match read {
            Ok(_) => Ok(text),
            Err(error) => Err(format!("standard input can't be read: {error}")),
        };
    }
    fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}", path.display()))
}

fn read_json(path: Option<&PathBuf>) -> Result<Option<Json>, String> {
    let Some(path) = path else { return Ok(None) };
    let value: Json = serde_json::from_str(&read(path)?)
        .map_err(|error| format!("{} must hold JSON: {error}", path.display()))?;
    if value.is_object() {
        Ok(Some(value))
    } else {
        Err(format!("{} must hold a JSON object", path.display()))
    }
}

fn once(args: &RenderArgs) -> Result<ExitCode, String> {
    let Some(template) = &args.template else {
        return Err("a template is needed".into());
    };
    let stdin = [Some(template), args.body.as_ref(), args.params.as_ref()];
    let dashes = stdin
        .into_iter()
        .chain([args.stage_variables.as_ref(), args.context.as_ref()])
        .flatten()
        .filter(|path| path.as_os_str() == "-")
        .count();
    if dashes > 1 {
        return Err("only one of the files can be `-`, standard input".into());
    }
    let mut sample = Sample {
        body: args.body.as_ref().map_or_else(|| Ok(String::new()), read)?,
        stage_variables: texts(read_json(args.stage_variables.as_ref())?.as_ref()),
        ..Sample::default()
    };
    sample.take_params(read_json(args.params.as_ref())?.as_ref());
    if let Some(Json::Object(context)) = read_json(args.context.as_ref())? {
        sample.context = context;
    }
    let text = read(template)?;
    let mut overrides = Overrides::default();
    let mut printer = TracePrinter { template: &text };
    let tracer: Option<&mut dyn Tracer> = if args.trace { Some(&mut printer) } else { None };
    let rendered = vtl::parse(&text, &Limits::default())
        .and_then(|template| template.render(&sample.input(), &mut overrides, tracer));
    let mut out = io::stdout().lock();
    // A closed standard output is the reader's decision, not a failure.
    match rendered {
        Ok(output) => {
            if args.json {
                let _ = writeln!(out, "{}", answer(&output, &overrides));
            } else {
                let _ = out.write_all(output.as_bytes());
                show_overrides(&overrides);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            if args.json {
                let _ = writeln!(out, "{}", failure(&error));
            } else {
                let name = template.display();
                let _ = writeln!(
                    io::stderr(),
                    "{name}:{}:{}: {} error: {}\n{}",
                    error.line,
                    error.column,
                    error.kind.word(),
                    error.message,
                    error.excerpt(&text)
                );
            }
            Ok(ExitCode::from(1))
        }
    }
}

/// Overrides are part of the result, and not of the output.
fn show_overrides(overrides: &Overrides) {
    for (side, set) in sides(overrides) {
        if !set.is_empty() {
            let _ = writeln!(io::stderr(), "{side}: {}", Json::Object(set.clone()));
        }
    }
}

fn sides(overrides: &Overrides) -> [(&'static str, &Map<String, Json>); 2] {
    [
        ("requestOverride", &overrides.request),
        ("responseOverride", &overrides.response),
    ]
}

fn answer(output: &str, overrides: &Overrides) -> Json {
    let mut answer = json!({ "output": output });
    if !overrides.is_empty() {
        let set = sides(overrides)
            .into_iter()
            .filter(|(_, set)| !set.is_empty());
        answer["overrides"] = set
            .map(|(side, set)| (side.to_owned(), Json::Object(set.clone())))
            .collect::<Map<_, _>>()
            .into();
    }
    answer
}

fn failure(error: &TemplateError) -> Json {
    json!({
        "error": error.message,
        "kind": error.kind.word(),
        "line": error.line,
        "column": error.column,
    })
}

/// A line of `--jsonl`. What is of another type than it should be counts as missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    template: Json,
    body: Json,
    params: Json,
    stage_variables: Json,
    context: Json,
}

/// Answers JSON lines until there are no more. A line that isn't a request is answered with an error too.
fn many() -> Result<ExitCode, String> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut input = io::stdin().lock();
    let mut line = String::new();
    loop {
        line.clear();
        let read = input.read_line(&mut line);
        if read.map_err(|error| format!("standard input can't be read: {error}"))? == 0 {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        let written = match serde_json::from_str(&line) {
            Ok(request) => answer_request(request, &mut out),
            Err(error) => {
                let problem = json!({ "error": format!("the line isn't JSON: {error}") });
                write!(out, "{problem}")
            }
        };
        if written.and_then(|()| out.write_all(b"\n")).is_err() {
            break;
        }
    }
    let _ = out.flush();
    Ok(ExitCode::SUCCESS)
}

fn answer_request(request: Request, out: &mut impl Write) -> io::Result<()> {
    let text = |value: Json| match value {
        Json::String(text) => text,
        _ => String::new(),
    };
    let mut sample = Sample {
        body: text(request.body),
        stage_variables: texts(Some(&request.stage_variables)),
        ..Sample::default()
    };
    sample.take_params(Some(&request.params));
    if let Json::Object(context) = request.context {
        sample.context = context;
    }
    let template = text(request.template);
    let mut overrides = Overrides::default();
    let rendered = vtl::parse(&template, &Limits::default())
        .and_then(|template| template.render(&sample.input(), &mut overrides, None));
    match rendered {
        Ok(output) if overrides.is_empty() => {
            out.write_all(b"{\"output\":")?;
            serde_json::to_writer(&mut *out, &output)?;
            out.write_all(b"}")
        }
        Ok(output) => write!(out, "{}", answer(&output, &overrides)),
        Err(error) => {
            let problem = json!({ "error": format!("{}: {error}", error.kind.word()) });
            write!(out, "{problem}")
        }
    }
}

/// Prints each step with its line.
struct TracePrinter<'t> {
    template: &'t str,
}

impl Tracer for TracePrinter<'_> {
    fn step(&mut self, step: Step<'_>) {
        let (span, what) = match &step {
            Step::Text { span, output } => (span, format!("text {output:?}")),
            Step::Reference {
                span,
                source,
                output,
                found,
            } => {
                let note = if *found { "" } else { " (no value)" };
                (span, format!("{source} → {output:?}{note}"))
            }
            Step::Branch { span, taken } => {
                let condition = span.of(self.template);
                (span, format!("{condition} → {taken}"))
            }
            Step::Turn {
                span,
                count,
                name,
                value,
            } => (span, format!("turn {count}: ${name} = {value}")),
            Step::Assign {
                span,
                target,
                value,
                stored: true,
            } => (span, format!("{target} = {value}")),
            Step::Assign { span, target, .. } => (
                span,
                format!("{target} unchanged: the right side has no value"),
            ),
            Step::Macro { span, name } => (span, format!("macro {name}")),
        };
        let before = self.template.get(..span.start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let _ = writeln!(io::stderr(), "line {line}: {what}");
    }
}
