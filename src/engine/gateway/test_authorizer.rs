//! `TestInvokeAuthorizer`: what an authorizer says of a request, asked as it is now, deployed or not.
//!
//! Facts: `spec/rest/auth.md` §4. Nothing is kept, and no policy is judged: the caller sees what it says.

use std::time::Duration;

use super::authorizer::Authorizer;
use super::backend::Caller;
use super::pool::{Pool, PoolLimits, Tls};
use super::record::What;
use super::test_invoke::TestInvoke;
use super::{Gateway, log};
use crate::base::Chance;
use crate::model::{self, Definition, Map};

/// What came of asking an authorizer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestAuthorizerAnswer {
    /// 0, or the status that a client would get.
    pub client_status: u16,
    /// The log.
    pub log: String,
    /// How long it took.
    pub latency: Duration,
    /// Who calls, as a function says.
    pub principal_id: Option<String>,
    /// A function's policy, as text.
    pub policy: Option<String>,
    /// A token's claims.
    pub claims: Map<String>,
}

impl Gateway {
    /// Asks an authorizer about a request; of `test` resource and verb don't count. `chance` draws ids. A function is really run.
    pub async fn test_authorizer(
        &self,
        definition: &Definition,
        authorizer: &model::Authorizer,
        test: TestInvoke,
        chance: &mut Chance,
    ) -> TestAuthorizerAnswer {
        let resource = model::Resource {
            path: "/".to_owned(),
            ..model::Resource::default()
        };
        let method = model::Method {
            http_method: "GET".to_owned(),
            authorization_type: "NONE".to_owned(),
            ..model::Method::default()
        };
        let test = TestInvoke {
            verb: "GET".to_owned(),
            ..test
        };
        let mut x = self.exchange_of(definition, &resource, &method, test, chance);
        let pool = Pool::new(self.clock.clone(), PoolLimits::default(), Tls::default());
        let caller = Caller {
            pool: &pool,
            clock: &self.clock,
            functions: &self.settings.functions,
            keyring: &self.keyring,
            body_patience: self.settings.body_patience,
        };
        let authorizer = Authorizer::compile(0, authorizer);
        let mut answer = TestAuthorizerAnswer::default();
        match authorizer.ask(&mut x, &caller, &[], true).await {
            Ok(decision) => {
                answer.principal_id.clone_from(&decision.principal);
                answer.policy.clone_from(&decision.policy_text);
                answer.claims = decision.claims.iter().flatten().cloned().collect();
            }
            Err(failure) => {
                let status = failure.status.or(failure.kind.default_status());
                answer.client_status = status.unwrap_or(500);
                if !failure.log.is_empty() {
                    x.record.note(|| What::Failed(failure.log.to_string()));
                }
            }
        }
        answer.latency = self.clock.monotonic().saturating_sub(x.record.started);
        answer.log = log::execution::of_test(x.ids.request_id(), &x.record.events());
        answer
    }
}
