//! The XML that the Query protocol answers with.

use quick_xml::escape::escape;
use serde_json::Value;

use super::table::{Operation, Service, Shape, Structure};
use super::time;

/// `<XxxResponse><XxxResult>…</XxxResult><ResponseMetadata>…`; an operation without output has no result element.
pub(crate) fn answer(
    service: &Service,
    operation: &Operation,
    members: &Value,
    request_id: &str,
) -> Vec<u8> {
    let mut out = Xml::default();
    let root = [operation.name, "Response"].concat();
    out.open(&root, service.xml_namespace);
    if let Some(structure) = operation.output {
        let result = [operation.name, "Result"].concat();
        out.open(&result, None);
        out.members(members, structure);
        out.close(&result);
    }
    out.open("ResponseMetadata", None);
    out.text("RequestId", request_id);
    out.close("ResponseMetadata");
    out.close(&root);
    out.0.into_bytes()
}

/// `<ErrorResponse><Error>…</Error><RequestId>…`.
pub(crate) fn error(
    namespace: Option<&str>,
    fault: &str,
    code: &str,
    message: &str,
    request_id: &str,
) -> Vec<u8> {
    let mut out = Xml::default();
    out.open("ErrorResponse", namespace);
    out.open("Error", None);
    out.text("Type", fault);
    out.text("Code", code);
    out.text("Message", message);
    out.close("Error");
    out.text("RequestId", request_id);
    out.close("ErrorResponse");
    out.0.into_bytes()
}

/// A document in the making. Names come from the service models and need no escaping.
#[derive(Default)]
struct Xml(String);

impl Xml {
    fn open(&mut self, name: &str, namespace: Option<&str>) {
        self.0.push('<');
        self.0.push_str(name);
        if let Some(namespace) = namespace {
            self.0.push_str(" xmlns=\"");
            self.0.push_str(namespace);
            self.0.push('"');
        }
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.open(name, None);
        // XML 1.0 has no form for other control characters; a document with one would be refused as a whole.
        let is_xml = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        if text.chars().all(|c| is_xml(&c)) {
            self.0.push_str(&escape(text));
        } else {
            let text: String = text.chars().filter(is_xml).collect();
            self.0.push_str(&escape(&text));
        }
        self.close(name);
    }

    fn members(&mut self, value: &Value, structure: &Structure) {
        let Value::Object(map) = value else { return };
        for (key, value) in map {
            let member = structure.member(key);
            debug_assert!(member.is_some(), "{} has no member {key}", structure.name);
            if let Some(member) = member {
                self.element(key, value, member.shape);
            }
        }
    }

    fn element(&mut self, name: &str, value: &Value, shape: Shape) {
        match (shape, value) {
            (_, Value::Null) => {}
            (Shape::List(list), Value::Array(values)) => {
                self.open(name, None);
                for value in values {
                    self.element("member", value, list.element);
                }
                self.close(name);
            }
            (Shape::Map(map), Value::Object(entries)) => {
                self.open(name, None);
                for (key, value) in entries {
                    self.open("entry", None);
                    self.text("key", key);
                    self.element("value", value, map.value);
                    self.close("entry");
                }
                self.close(name);
            }
            (Shape::Structure(structure), Value::Object(_)) => {
                self.open(name, None);
                self.members(value, structure);
                self.close(name);
            }
            (Shape::Timestamp, Value::Number(number)) => {
                let iso = number.as_f64().and_then(time::iso);
                self.text(name, &iso.unwrap_or_else(|| number.to_string()));
            }
            (Shape::Double(_), Value::Number(number)) => {
                let double = number.as_f64().map(Value::from);
                self.text(
                    name,
                    &double.map_or_else(|| number.to_string(), |d| d.to_string()),
                );
            }
            (_, Value::String(text)) => self.text(name, text),
            (_, value) => self.text(name, &value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::wire::operations::{CLOUDWATCH, STS};

    fn written(service: &Service, operation: &str, members: &Value) -> String {
        let operation = service.operation(operation).unwrap();
        String::from_utf8(answer(service, operation, members, "id-1")).unwrap()
    }

    #[test]
    fn an_answer_is_wrapped_in_response_and_result() {
        let members = json!({ "UserId": "A", "Account": "000000000000", "Arn": "arn:aws:iam::000000000000:user/a<b" });
        assert_eq!(
            written(STS, "GetCallerIdentity", &members),
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <UserId>A</UserId><Account>000000000000</Account><Arn>arn:aws:iam::000000000000:user/a&lt;b</Arn>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>"
        );
    }

    #[test]
    fn lists_times_doubles_and_control_characters_have_their_form() {
        let members = json!({
            "MetricDataResults": [{
                "Id": "m1", "Label": "a\u{1}b", "Timestamps": [1_767_225_600], "Values": [1, 0.5, "NaN"], "StatusCode": null,
            }],
            "Messages": [],
        });
        let text = written(CLOUDWATCH, "GetMetricData", &members);
        assert!(
            text.contains(
                "<GetMetricDataResult><MetricDataResults><member><Id>m1</Id><Label>ab</Label>\
                 <Timestamps><member>2026-01-01T00:00:00Z</member></Timestamps>\
                 <Values><member>1.0</member><member>0.5</member><member>NaN</member></Values></member></MetricDataResults>\
                 <Messages></Messages></GetMetricDataResult>"
            ),
            "{text}"
        );
    }

    #[test]
    fn an_operation_without_output_has_no_result() {
        assert_eq!(
            written(CLOUDWATCH, "PutMetricData", &Value::Null),
            "<PutMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><ResponseMetadata>\
             <RequestId>id-1</RequestId></ResponseMetadata></PutMetricDataResponse>"
        );
    }
}
