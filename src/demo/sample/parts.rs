//! The sample's models and gateway responses.

use serde_json::{Value, json};

use super::method::{JSON, one};
use crate::aws::call::{CreateModel, PutGatewayResponse};
use crate::aws::{Call, Id};
use crate::model::GatewayResponseType;

/// The models, a call for each.
pub(super) fn models(api: &Id) -> Vec<Call> {
    let money = json!({
        "type": "object",
        "properties": {
            "cents": { "type": "integer", "minimum": 0 },
            "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
        },
    });
    let pet = json!({
        "id": { "type": "integer" },
        "name": { "type": "string" },
        "type": { "type": "string", "enum": ["dog", "cat", "fish", "bird", "turtle", "rabbit", "hamster", "iguana"] },
        "price": money,
    });
    let order = json!({
        "order": { "type": "integer" },
        "state": { "type": "string", "enum": ["review", "paid", "packed", "shipped"] },
        "customer": { "type": "string" },
        "items": { "type": "integer" },
        "total": money,
    });
    let list = |name: &str, of: &str| json!({ "type": "object", "properties": { name: { "type": "array", "items": { "title": of, "type": "object" } } } });
    let new_pet = json!({
        "type": "object",
        "required": ["name", "price"],
        "properties": {
            "name": { "type": "string", "minLength": 1 },
            "type": pet["type"],
            "price": money,
            "tags": { "type": "array", "items": { "type": "string" } },
        },
    });
    let cart = json!({
        "type": "object",
        "required": ["customer", "items"],
        "properties": {
            "customer": { "type": "string" },
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["petId", "quantity", "cents"],
                    "properties": {
                        "petId": { "type": "integer" },
                        "quantity": { "type": "integer", "minimum": 1 },
                        "cents": { "type": "integer", "minimum": 1 },
                    },
                },
            },
        },
    });
    [
        (
            "Pet",
            "A pet as customers see it",
            json!({ "type": "object", "properties": pet }),
        ),
        ("Pets", "A page of pets", list("pets", "Pet")),
        ("NewPet", "A pet to be sold", new_pet),
        (
            "Order",
            "An order as customers see it",
            json!({ "type": "object", "properties": order }),
        ),
        ("Orders", "The newest orders", list("orders", "Order")),
        ("Cart", "What a customer wants to buy", cart),
    ]
    .map(|(name, description, schema)| model(api, name, description, schema))
    .into()
}

fn model(api: &Id, name: &str, description: &str, mut schema: Value) -> Call {
    schema["$schema"] = "http://json-schema.org/draft-04/schema#".into();
    schema["title"] = name.into();
    CreateModel {
        rest_api_id: api.clone(),
        name: name.to_owned(),
        description: Some(description.to_owned()),
        schema: Some(format!("{schema:#}")),
        content_type: JSON.to_owned(),
    }
    .into()
}

/// What the gateway answers by itself, a call for each.
pub(super) fn gateway_responses(api: &Id) -> Vec<Call> {
    let open = || one("gatewayresponse.header.Access-Control-Allow-Origin", "'*'");
    let body = || {
        one(
            JSON,
            include_str!("../templates/gateway-error.vtl").trim_end(),
        )
    };
    let answer =
        |kind, status: Option<&str>, more: Option<(&str, &str)>| {
            let mut headers = open();
            headers.extend(more.map(|(name, source)| {
                (format!("gatewayresponse.header.{name}"), source.to_owned())
            }));
            PutGatewayResponse {
                rest_api_id: api.clone(),
                response_type: Some(kind),
                status_code: status.map(str::to_owned),
                response_parameters: headers,
                response_templates: body(),
            }
            .into()
        };
    vec![
        answer(GatewayResponseType::Default4xx, None, None),
        answer(GatewayResponseType::Default5xx, None, None),
        // Without an own answer, a path that doesn't exist would look like a missing signature.
        answer(
            GatewayResponseType::MissingAuthenticationToken,
            Some("404"),
            None,
        ),
        answer(
            GatewayResponseType::Throttled,
            Some("429"),
            Some(("Retry-After", "'1'")),
        ),
        answer(
            GatewayResponseType::QuotaExceeded,
            Some("429"),
            Some(("Retry-After", "'3600'")),
        ),
    ]
}
