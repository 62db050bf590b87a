//! The JavaScript SDK, in the layout that AWS delivers: `apigClient.js`, which is generated, above libraries, which are not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;

use super::zip::File;
use crate::model::{Definition, Method, PathTemplate};

const FOLDER: &str = "apiGateway-js-sdk";

/// The libraries, by path.
const LIBRARIES: [(&str, &str); 10] = [
    (
        "lib/axios/dist/axios.standalone.js",
        include_str!("js/axios.standalone.js"),
    ),
    (
        "lib/CryptoJS/rollups/hmac-sha256.js",
        include_str!("js/hmac-sha256.js"),
    ),
    (
        "lib/CryptoJS/rollups/sha256.js",
        include_str!("js/sha256.js"),
    ),
    (
        "lib/CryptoJS/components/hmac.js",
        include_str!("js/hmac.js"),
    ),
    (
        "lib/CryptoJS/components/enc-base64.js",
        include_str!("js/enc-base64.js"),
    ),
    (
        "lib/url-template/url-template.js",
        include_str!("js/url-template.js"),
    ),
    (
        "lib/apiGatewayCore/sigV4Client.js",
        include_str!("js/sigV4Client.js"),
    ),
    (
        "lib/apiGatewayCore/apiGatewayClient.js",
        include_str!("js/apiGatewayClient.js"),
    ),
    (
        "lib/apiGatewayCore/simpleHttpClient.js",
        include_str!("js/simpleHttpClient.js"),
    ),
    ("lib/apiGatewayCore/utils.js", include_str!("js/utils.js")),
];

/// All files for what a deployment froze, called at `address`.
pub(super) fn files(definition: &Definition, address: &str, region: &str) -> Vec<File> {
    let placed = |path: &str, text: &str| (format!("{FOLDER}/{path}"), text.to_owned());
    let mut files: Vec<File> = LIBRARIES
        .iter()
        .map(|(path, text)| placed(path, text))
        .collect();
    let readme = include_str!("js/README.md");
    files.push(placed("README.md", readme));
    // An API with nothing but ANY methods gets no client (`spec/rest/sdk-docs.md` §2).
    let methods = methods(definition);
    if !methods.is_empty() {
        let client = include_str!("js/apigClient.js")
            .replace("\"{{INVOKE_URL}}\"", &json!(address).to_string())
            .replace("\"{{REGION}}\"", &json!(region).to_string())
            .replace("    // {{METHODS}}\n", &methods);
        files.push(placed("apigClient.js", &client));
    }
    files
}

/// A call of `define` for each method.
fn methods(definition: &Definition) -> String {
    let mut resources: Vec<_> = definition.resources.values().collect();
    resources.sort_by(|a, b| a.path.cmp(&b.path));
    let (mut text, mut taken) = (String::new(), BTreeSet::new());
    for resource in resources {
        for (verb, method) in &resource.resource_methods {
            if verb == "ANY" {
                continue;
            }
            let mut name = name(&resource.path, verb, method);
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            let places = parameters(&resource.path, method);
            let arguments = [json!(name), json!(verb), json!(resource.path), places];
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "    define({});", arguments.join(", "));
        }
    }
    text
}

/// What a method takes, by place, and what of it must be given.
fn parameters(path: &str, method: &Method) -> serde_json::Value {
    let template = PathTemplate::parse(path);
    let in_path: Vec<&str> = template.names().collect();
    let mut required: Vec<&str> = in_path.clone();
    let (mut header, mut query) = (Vec::new(), Vec::new());
    for (parameter, must) in method.request_parameters.iter().flatten() {
        let name = if let Some(name) = parameter.strip_prefix("method.request.header.") {
            header.push(name);
            name
        } else if let Some(name) = parameter.strip_prefix("method.request.querystring.") {
            query.push(name);
            name
        } else {
            continue;
        };
        if *must && !required.contains(&name) {
            required.push(name);
        }
    }
    json!({"path": in_path, "headers": header, "query": query, "required": required})
}

/// A method's name: its operation's, or its path and verb in camel case, `petsPetIdGet`.
fn name(path: &str, verb: &str, method: &Method) -> String {
    let operation = method.operation_name.as_deref().unwrap_or_default();
    let from_operation = camel(operation.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    if !from_operation.is_empty() {
        return from_operation;
    }
    let verb = verb.to_ascii_lowercase();
    let root = if path == "/" { "root" } else { "" };
    let pieces = path.split(|c: char| !c.is_ascii_alphanumeric());
    camel(std::iter::once(root).chain(pieces).chain([verb.as_str()]))
}

fn camel<'p>(pieces: impl Iterator<Item = &'p str>) -> String {
    let mut name = String::new();
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        let (first, rest) = piece.split_at(1);
        if name.is_empty() {
            name.push_str(&first.to_ascii_lowercase());
        } else {
            name.push_str(&first.to_ascii_uppercase());
        }
        name.push_str(rest);
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_named_as_aws_names_them() {
        let plain = Method::default();
        for (path, verb, expected) in [
            ("/", "GET", "rootGet"),
            ("/pets/{petId}", "GET", "petsPetIdGet"),
            ("/my-path/{proxy+}", "POST", "myPathProxyPost"),
            ("/1/x", "PUT", "_1XPut"),
        ] {
            assert_eq!(name(path, verb, &plain), expected);
        }
        for (operation, expected) in [("ListPets", "listPets"), ("list pets", "listPets")] {
            let method = Method {
                operation_name: Some(operation.to_owned()),
                ..Method::default()
            };
            assert_eq!(name("/", "GET", &method), expected);
        }
    }
}
