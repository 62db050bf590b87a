//! CloudWatch and STS: the same call through JSON, Query and CBOR.

use serde_json::json;

use super::{call, header, members, text};
use crate::engine::wire::Protocol;

#[test]
fn sts_speaks_query() {
    // boto3 1.44.5.
    let call = call(
        "sts",
        "POST /
         content-type: application/x-www-form-urlencoded; charset=utf-8",
        b"Action=GetCallerIdentity&Version=2011-06-15",
    )
    .unwrap();
    assert_eq!(
        (call.operation.name, call.protocol),
        ("GetCallerIdentity", Protocol::Query)
    );
    assert_eq!(members(&call.decode().unwrap()), json!({}));
    let reply = call.encode(json!({ "Account": "000000000000" }).into(), "id-1");
    assert_eq!(reply.status, 200);
    assert_eq!(header(&reply, "content-type"), "text/xml");
    assert!(
        text(&reply).contains("<Account>000000000000</Account>"),
        "{}",
        text(&reply)
    );
}
