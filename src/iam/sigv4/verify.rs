//! Proving that a request is signed by the key that it claims.

use hmac::Mac;
use jiff::{SignedDuration, Timestamp};

use super::claim::stamp;
use super::{Claim, Received, SignatureError, SigningKey, UNSIGNED, canonical, hash, unhex};

/// How far a client's clock may be off.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

impl Claim {
    /// Checks that the signature is for this region and service.
    ///
    /// # Errors
    /// When it is for another.
    pub fn check_scope(&self, region: &str, service: &str) -> Result<(), SignatureError> {
        let mut wrong = String::new();
        if self.credential.region != region {
            wrong.push_str("Credential should be scoped to a valid region, not '");
            wrong.push_str(&self.credential.region);
            wrong.push_str("'. ");
        }
        if self.credential.service != service {
            wrong.push_str("Credential should be scoped to correct service: '");
            wrong.push_str(service);
            wrong.push_str("'. ");
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(SignatureError::invalid(wrong))
        }
    }

    /// Checks the dates of the signature.
    ///
    /// # Errors
    /// When it is too old, from the future, or of another day than its key.
    pub fn check_date(&self, now: Timestamp) -> Result<(), SignatureError> {
        let (signed, current) = (stamp(self.time), stamp(now));
        if !signed.starts_with(&self.credential.date) {
            return Err(SignatureError::invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{signed}'.",
                self.credential.date,
                signed.get(..8).unwrap_or_default()
            )));
        }
        let age = now.duration_since(self.time);
        if age < -SKEW {
            return Err(SignatureError::invalid(format!(
                "Signature not yet current: {signed} is still later than {} ({current} + 5 min.)",
                stamp(now + SKEW)
            )));
        }
        match self.expires {
            Some(seconds) if age > SignedDuration::from_secs(seconds) => {
                Err(SignatureError::request_expired())
            }
            None if age > SKEW => Err(SignatureError::invalid(format!(
                "Signature expired: {signed} is now earlier than {} ({current} - 5 min.)",
                stamp(now - SKEW)
            ))),
            _ => Ok(()),
        }
    }

    /// Checks the signature itself. `body` are the bytes on the wire. Where `x-amz-content-sha256` says `UNSIGNED-PAYLOAD`, and is
    /// signed, the body takes no part.
    ///
    /// # Errors
    /// When another signature would have been right; the message shows what should have been signed.
    pub fn verify(
        &self,
        request: &Received<'_>,
        body: &[u8],
        secret: &str,
    ) -> Result<(), SignatureError> {
        let signed: Vec<&str> = self.signed_headers.split(';').collect();
        if !signed.contains(&"host") {
            return Err(SignatureError::invalid(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        let unsigned = match self.expires {
            // A parameter of the query is always signed.
            Some(_) => request.parameter("X-Amz-Content-Sha256").as_deref() == Some(UNSIGNED),
            None => {
                signed.contains(&"x-amz-content-sha256")
                    && request.header("x-amz-content-sha256").as_deref() == Some(UNSIGNED)
            }
        };
        let payload = if unsigned {
            UNSIGNED.to_owned()
        } else {
            hash(body)
        };
        let canonical = canonical::request(request, &signed, &payload);
        let text =
            canonical::string_to_sign(&stamp(self.time), &self.credential.scope(), &canonical);
        let given = unhex(&self.signature).unwrap_or_default();
        let mac = SigningKey::derive(secret, &self.credential).mac(&text);
        // Compares in constant time.
        if mac.is_some_and(|mac| mac.verify_slice(&given).is_ok()) {
            return Ok(());
        }
        Err(SignatureError::invalid(format!(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing \
             method. Consult the service documentation for details.\n\nThe Canonical String for this request should have \
             been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{text}'\n"
        )))
    }
}
