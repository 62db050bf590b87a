//! Client certificates: `spec/rest/control-plane.md` §4.

use serde_json::json;

use super::Bed;

#[test]
fn a_certificate_is_made_shown_without_its_key_and_deleted() {
    let bed = Bed::new();
    let made = bed.ask("GenerateClientCertificate", &json!({"description": "d"}));
    assert_eq!(made.status, 201);
    let made = made.body;
    let year = 365 * 24 * 60 * 60;
    let created = made["createdDate"].as_i64().unwrap();
    assert_eq!(made["expirationDate"].as_i64().unwrap(), created + year);
    let pem = made["pemEncodedCertificate"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(!made.to_string().contains("PRIVATE KEY"));
    let id = made["clientCertificateId"].as_str().unwrap();
    let of = json!({"clientcertificate_id": id});
    assert_eq!(bed.ok("GetClientCertificate", of.clone()), made);
    assert_eq!(
        bed.ok("GetClientCertificates", json!({}))["item"],
        json!([made])
    );
    // The gateway has it, with its key.
    let region = bed.gateway.region_named(super::REGION).unwrap();
    assert!(region.named.load().certificates.contains_key(id));
    let updated = bed.patched(
        "UpdateClientCertificate",
        of.clone(),
        &[("replace", "/description", "new")],
    );
    assert_eq!(updated["description"], "new");
    assert_eq!(bed.ask("DeleteClientCertificate", &of).status, 202);
    assert_eq!(
        bed.refused("GetClientCertificate", of),
        "404 NotFoundException: Invalid Client Certificate identifier specified"
    );
    assert!(region.named.load().certificates.is_empty());
}
