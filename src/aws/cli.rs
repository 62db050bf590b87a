//! Calls as AWS CLI commands: what the call log shows and what is copied, so that it does the same when pasted.

use serde_json::{Map, Value};

use super::call::{Argument, Call, Shown};

/// What every command needs to reach the same place with the same credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cli {
    /// `--endpoint-url`, when it isn't AWS's own.
    pub endpoint_url: Option<String>,
    /// `--region`; left out while it isn't known, so that the profile's counts.
    pub region: Option<String>,
    /// `--profile`
    pub profile: Option<String>,
}

/// Whether secrets are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As `***`: for the screen and the log.
    Masked,
    /// For copying.
    Shown,
}

/// Stands for a secret that isn't written out.
const MASK: &str = "***";

impl Cli {
    /// A command for each call. Where a later one needs what an earlier one answers, that goes through a shell variable.
    pub(crate) fn commands(&self, calls: &[Call], secrets: Secrets) -> Vec<String> {
        let arguments: Vec<Vec<Argument>> = calls.iter().map(Call::arguments).collect();
        let needed = |step: usize| {
            arguments.iter().flatten().find_map(|a| match a.shown {
                Shown::Answer { call, member } if call == step => Some(member),
                _ => None,
            })
        };
        calls
            .iter()
            .zip(&arguments)
            .enumerate()
            .map(|(step, (call, arguments))| {
                let command = self.command(&call.command(), arguments, secrets);
                match needed(step) {
                    Some(member) => format!(
                        "{}=$({command} --query {} --output text)",
                        variable(step),
                        member.name()
                    ),
                    None => command,
                }
            })
            .collect()
    }

    fn command(&self, name: &str, arguments: &[Argument], secrets: Secrets) -> String {
        let mut words = vec!["aws".to_owned(), "apigateway".to_owned(), name.to_owned()];
        // The CLI would read a file where a text begins like a URL of one; its JSON input takes texts as they are.
        let mut json = Map::new();
        let mut bytes = false;
        for argument in arguments {
            let option = format!("--{}", argument.option());
            match &argument.shown {
                Shown::Absent => {}
                Shown::Text(text) if names_a_file(argument.name, text) => {
                    json.insert(argument.json_name(), Value::from(text.as_str()));
                }
                Shown::Text(text) => words.push(assign(&option, text)),
                Shown::Secret(_) if secrets == Secrets::Masked => {
                    words.push(format!("{option} {MASK}"));
                }
                Shown::Secret(secret) => words.push(assign(&option, secret.reveal())),
                Shown::Bytes(secret) => {
                    bytes = true;
                    if secrets == Secrets::Masked {
                        words.push(format!("{option} {MASK}"));
                    } else {
                        words.push(assign(&option, secret.reveal()));
                    }
                }
                Shown::Flag(true) => words.push(option),
                Shown::Flag(false) => words.push(format!("--no-{}", argument.option())),
                Shown::Json(value) => {
                    let text = shorthand(value).unwrap_or_else(|| quoted(&value.to_string()));
                    words.push(format!("{option} {text}"));
                }
                Shown::Answer { call, .. } => {
                    words.push(format!("{option} \"${}\"", variable(*call)));
                }
            }
        }
        if bytes {
            // Version 2 of the CLI takes bytes for base64 otherwise.
            words.push("--cli-binary-format raw-in-base64-out".to_owned());
        }
        if !json.is_empty() {
            words.push(format!(
                "--cli-input-json {}",
                quoted(&Value::Object(json).to_string())
            ));
        }
        if let Some(profile) = &self.profile {
            words.push(assign("--profile", profile));
        }
        if let Some(url) = &self.endpoint_url {
            words.push(assign("--endpoint-url", url));
        }
        if let Some(region) = &self.region {
            words.push(assign("--region", region));
        }
        words.join(" ")
    }
}

fn variable(step: usize) -> String {
    format!("id{}", step + 1)
}

/// Whether the CLI would take the text for the place of its value (version 1 also fetches URLs, though not for `--uri`).
fn names_a_file(member: &str, text: &str) -> bool {
    text.starts_with("file://")
        || text.starts_with("fileb://")
        || (member != "uri" && (text.starts_with("http://") || text.starts_with("https://")))
}

/// An option with its value; bound by `=` where the value would be taken for an option.
fn assign(option: &str, value: &str) -> String {
    if value.starts_with('-') {
        format!("{option}={}", quoted(value))
    } else {
        format!("{option} {}", quoted(value))
    }
}

/// The CLI's shorthand, `op=replace,path=/x,value=y`, for lists of flat objects of harmless texts: what patches mostly are.
fn shorthand(value: &Value) -> Option<String> {
    let harmless = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._:/~{}*-+".contains(&b))
    };
    let items: Option<Vec<String>> = value
        .as_array()?
        .iter()
        .map(|item| {
            let members: Option<Vec<String>> = item
                .as_object()?
                .iter()
                .map(|(name, value)| {
                    let value = value.as_str()?;
                    harmless(value).then(|| format!("{name}={value}"))
                })
                .collect();
            members.map(|members| quoted(&members.join(",")))
        })
        .collect();
    items.map(|items| items.join(" "))
}

/// A word of a POSIX shell that means exactly this text.
fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b));
    if plain {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::call::{
        CreateApiKey, CreateDeployment, CreateRestApi, CreateUsagePlanKey, DeleteRestApi, Id,
        ImportApiKeys, PutIntegration, SecretBytes, UpdateStage,
    };
    use crate::aws::patch::Patch;
    use crate::aws::reply::Secret;
    use crate::model::IntegrationType;

    fn local() -> Cli {
        Cli {
            endpoint_url: Some("http://127.0.0.1:4566".to_owned()),
            region: Some("us-east-1".to_owned()),
            profile: None,
        }
    }

    fn aws() -> Cli {
        Cli {
            region: Some("eu-west-1".to_owned()),
            profile: Some("ops".to_owned()),
            ..Cli::default()
        }
    }

    fn one(call: impl Into<Call>, secrets: Secrets) -> String {
        aws().commands(&[call.into()], secrets).remove(0)
    }

    const WHERE: &str = " --profile ops --region eu-west-1";

    #[test]
    fn texts_survive_the_shell_and_the_cli() {
        for (description, written) in [
            ("plain", "--description plain"),
            ("", "--description ''"),
            ("two words", "--description 'two words'"),
            ("it's $HOME", r"--description 'it'\''s $HOME'"),
            ("-x", "--description=-x"),
            ("line\nline", "--description 'line\nline'"),
        ] {
            let call = CreateRestApi {
                name: "a".to_owned(),
                description: Some(description.to_owned()),
                ..CreateRestApi::default()
            };
            assert_eq!(
                one(call, Secrets::Masked),
                format!("aws apigateway create-rest-api --name a {written}{WHERE}")
            );
        }
    }

    #[test]
    fn a_text_that_names_a_file_goes_through_json() {
        let call = CreateRestApi {
            name: "file:///etc/passwd".to_owned(),
            ..CreateRestApi::default()
        };
        assert_eq!(
            one(call, Secrets::Masked),
            format!(
                "aws apigateway create-rest-api --cli-input-json '{{\"name\":\"file:///etc/passwd\"}}'{WHERE}"
            )
        );
        let call = PutIntegration {
            rest_api_id: "a".into(),
            resource_id: "r".into(),
            http_method: "GET".to_owned(),
            r#type: IntegrationType::HttpProxy,
            uri: Some("http://127.0.0.1:9000/{proxy}".to_owned()),
            ..PutIntegration::default()
        };
        assert_eq!(
            one(call, Secrets::Masked),
            format!(
                "aws apigateway put-integration --rest-api-id a --resource-id r --http-method GET --type HTTP_PROXY \
                 --uri 'http://127.0.0.1:9000/{{proxy}}'{WHERE}"
            )
        );
    }

    #[test]
    fn patches_are_short_where_that_means_the_same() {
        let update = |patch: Patch| UpdateStage {
            rest_api_id: "a".into(),
            stage_name: "prod".to_owned(),
            patch_operations: vec![patch],
        };
        for (patch, written) in [
            (
                Patch::replace("/canarySettings/percentTraffic", "5.0"),
                "op=replace,path=/canarySettings/percentTraffic,value=5.0",
            ),
            (
                Patch::replace("/*/*/throttling/rateLimit", "1"),
                "'op=replace,path=/*/*/throttling/rateLimit,value=1'",
            ),
            (
                Patch::replace("/variables/x", "a,b=c"),
                r#"'[{"op":"replace","path":"/variables/x","value":"a,b=c"}]'"#,
            ),
            (
                Patch::replace("/description", ""),
                r#"'[{"op":"replace","path":"/description","value":""}]'"#,
            ),
            (
                Patch::copy("/canarySettings/deploymentId", "/deploymentId"),
                "op=copy,path=/deploymentId,from=/canarySettings/deploymentId",
            ),
        ] {
            assert_eq!(
                one(update(patch), Secrets::Masked),
                format!(
                    "aws apigateway update-stage --rest-api-id a --stage-name prod --patch-operations {written}{WHERE}"
                )
            );
        }
    }

    #[test]
    fn a_local_command_names_its_endpoint() {
        let call = CreateDeployment {
            rest_api_id: "a".into(),
            stage_name: Some("dev".to_owned()),
            tracing_enabled: Some(false),
            ..CreateDeployment::default()
        };
        assert_eq!(
            local().commands(&[call.into()], Secrets::Masked),
            [
                "aws apigateway create-deployment --rest-api-id a --stage-name dev --no-tracing-enabled \
                 --endpoint-url http://127.0.0.1:4566 --region us-east-1"
            ]
        );
    }

    #[test]
    fn what_a_later_command_needs_goes_through_a_variable() {
        let calls = [
            CreateApiKey {
                name: Some("zoo".to_owned()),
                enabled: true,
                ..CreateApiKey::default()
            }
            .into(),
            CreateUsagePlanKey {
                usage_plan_id: "p1".into(),
                key_id: Id::of(0),
                key_type: "API_KEY".to_owned(),
            }
            .into(),
            DeleteRestApi {
                rest_api_id: "a".into(),
            }
            .into(),
        ];
        assert_eq!(
            aws().commands(&calls, Secrets::Masked),
            [
                format!(
                    "id1=$(aws apigateway create-api-key --name zoo --enabled{WHERE} --query id --output text)"
                ),
                format!(
                    "aws apigateway create-usage-plan-key --usage-plan-id p1 --key-id \"$id1\" --key-type API_KEY{WHERE}"
                ),
                format!("aws apigateway delete-rest-api --rest-api-id a{WHERE}"),
            ]
        );
    }

    #[test]
    fn secrets_are_masked_unless_copied() {
        let call = || CreateApiKey {
            enabled: false,
            value: Some(Secret::new("0123456789012345678901")),
            ..CreateApiKey::default()
        };
        assert_eq!(
            one(call(), Secrets::Masked),
            format!("aws apigateway create-api-key --no-enabled --value ***{WHERE}")
        );
        assert_eq!(
            one(call(), Secrets::Shown),
            format!(
                "aws apigateway create-api-key --no-enabled --value 0123456789012345678901{WHERE}"
            )
        );
        let import = || ImportApiKeys {
            body: SecretBytes(Secret::new("name,key\nzoo,012345678901234567890")),
            format: "csv".into(),
            fail_on_warnings: true,
        };
        assert_eq!(
            one(import(), Secrets::Shown),
            format!(
                "aws apigateway import-api-keys --body 'name,key\nzoo,012345678901234567890' --format csv --fail-on-warnings \
                 --cli-binary-format raw-in-base64-out{WHERE}"
            )
        );
        assert!(!one(import(), Secrets::Masked).contains("0123"));
    }
}
