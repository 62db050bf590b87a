//! Reads of API Gateway's control plane.

use crate::aws::convert;
use crate::aws::error::Error;
use crate::aws::failure::Failure;
use crate::aws::limits::Service;
use crate::aws::query::Query;
use crate::aws::reply::{Reply, Usage};
use crate::model::{Map, Resource, Stage};

use super::Context;

/// The largest page that the service allows. Source: `spec/rest/control-plane.md` §1.
const PAGE: i32 = 500;

/// Items and the next position of a list's page, from the output of a call that has both.
macro_rules! page {
    ($call:expr) => {{
        let call = $call;
        async move {
            let out = call.send().await?;
            Ok((out.items.unwrap_or_default(), out.position))
        }
    }};
}

fn each<T, U>(items: Vec<T>, convert: impl Fn(T) -> U) -> Vec<U> {
    items.into_iter().map(convert).collect()
}

impl Context {
    #[allow(clippy::too_many_lines, reason = "a line or two for each query")]
    pub(crate) async fn gateway(&self, query: &Query) -> Result<Reply, Error> {
        let client = &self.clients().await.apigateway;
        Ok(match query {
            Query::Apis => {
                let pages = |at| page!(client.get_rest_apis().limit(PAGE).set_position(at));
                let all = self.listed("GetRestApis", query, pages).await?;
                Reply::Apis(each(all, convert::rest_api))
            }
            Query::Api { api } => {
                let get = || {
                    let call = client.get_rest_api().rest_api_id(api);
                    async move { Ok(call.send().await?) }
                };
                let api = self.got("GetRestApi", query, get).await?;
                Reply::Api(Box::new(convert::rest_api_output(api)))
            }
            Query::Resources { api } => {
                let pages = |at| {
                    let call = client.get_resources().rest_api_id(api).embed("methods");
                    page!(call.limit(PAGE).set_position(at))
                };
                let all = self.listed("GetResources", query, pages).await?;
                let mut all = each(all, convert::resource);
                all.sort_by(|a: &Resource, b| a.path.cmp(&b.path));
                Reply::Resources(all)
            }
            Query::Stages { api } => {
                let get = || {
                    let call = client.get_stages().rest_api_id(api);
                    async move { Ok(call.send().await?) }
                };
                let out = self.got("GetStages", query, get).await?;
                let mut all = each(out.item.unwrap_or_default(), convert::stage);
                all.sort_by(|a: &Stage, b| a.stage_name.cmp(&b.stage_name));
                Reply::Stages(all)
            }
            Query::Deployments { api } => {
                let pages = |at| {
                    let call = client.get_deployments().rest_api_id(api);
                    page!(call.limit(PAGE).set_position(at))
                };
                let all = self.listed("GetDeployments", query, pages).await?;
                let mut all = each(all, convert::deployment);
                // Stable: deployments of one second keep the service's order.
                all.sort_by_key(|d| std::cmp::Reverse(d.created_date));
                Reply::Deployments(all)
            }
            Query::Deployment { api, deployment } => {
                let get = || {
                    let call = client.get_deployment().rest_api_id(api).embed("apisummary");
                    let call = call.deployment_id(deployment);
                    async move { Ok(call.send().await?) }
                };
                let out = self.got("GetDeployment", query, get).await?;
                Reply::Deployment(convert::deployment_output(out))
            }
            Query::Models { api } => {
                let pages = |at| {
                    let call = client.get_models().rest_api_id(api);
                    page!(call.limit(PAGE).set_position(at))
                };
                let all = self.listed("GetModels", query, pages).await?;
                Reply::Models(each(all, convert::model))
            }
            Query::RequestValidators { api } => {
                let pages = |at| {
                    let call = client.get_request_validators().rest_api_id(api);
                    page!(call.limit(PAGE).set_position(at))
                };
                let all = self.listed("GetRequestValidators", query, pages).await?;
                Reply::RequestValidators(each(all, convert::request_validator))
            }
            Query::Authorizers { api } => {
                let pages = |at| {
                    let call = client.get_authorizers().rest_api_id(api);
                    page!(call.limit(PAGE).set_position(at))
                };
                let all = self.listed("GetAuthorizers", query, pages).await?;
                Reply::Authorizers(each(all, convert::authorizer))
            }
            Query::GatewayResponses { api } => {
                let pages = |at| {
                    let call = client.get_gateway_responses().rest_api_id(api);
                    page!(call.limit(PAGE).set_position(at))
                };
                let all = self.listed("GetGatewayResponses", query, pages).await?;
                let known = all.into_iter().filter_map(convert::gateway_response);
                Reply::GatewayResponses(known.collect())
            }
            Query::UsagePlans => {
                let pages = |at| page!(client.get_usage_plans().limit(PAGE).set_position(at));
                let all = self.listed("GetUsagePlans", query, pages).await?;
                Reply::UsagePlans(each(all, convert::usage_plan))
            }
            Query::UsagePlanKeys { plan } => {
                let pages = |at| {
                    let call = client.get_usage_plan_keys().usage_plan_id(plan);
                    page!(call.limit(PAGE).set_position(at))
                };
                let all = self.listed("GetUsagePlanKeys", query, pages).await?;
                Reply::UsagePlanKeys(each(all, convert::usage_plan_key))
            }
            Query::ApiKeys => {
                let pages = |at| {
                    let call = client.get_api_keys().include_values(false);
                    page!(call.limit(PAGE).set_position(at))
                };
                let all = self.listed("GetApiKeys", query, pages).await?;
                Reply::ApiKeys(each(all, convert::api_key))
            }
            Query::Usage { plan, start, end } => {
                let pages = |at| {
                    let call = client.get_usage().usage_plan_id(plan).limit(PAGE);
                    let call = call.start_date(start).end_date(end).set_position(at);
                    async move {
                        let out = call.send().await?;
                        let keys = out.items.unwrap_or_default();
                        Ok((keys.into_iter().collect(), out.position))
                    }
                };
                let all = self.listed("GetUsage", query, pages).await?;
                Reply::Usage(Usage {
                    start: start.clone(),
                    end: end.clone(),
                    keys: usage(all),
                })
            }
            // The other queries have gone to their own functions.
            _ => {
                let get = || {
                    let call = client.get_account();
                    async move { Ok(call.send().await?) }
                };
                let out = self.got("GetAccount", query, get).await?;
                Reply::Account(convert::account(out))
            }
        })
    }

    async fn got<T, F>(
        &self,
        operation: &'static str,
        query: &Query,
        attempt: impl FnMut() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        self.once(operation, Service::ApiGateway, query, attempt)
            .await
    }

    async fn listed<I, F>(
        &self,
        operation: &'static str,
        query: &Query,
        page: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<I>, Error>
    where
        F: Future<Output = Result<(Vec<I>, Option<String>), Failure>>,
    {
        self.pages(operation, Service::ApiGateway, query, page)
            .await
    }
}

/// Keys in the order of their ids; a key whose days are spread over pages gets them all, in the order of the pages.
fn usage(pages: Vec<(String, Vec<Vec<i64>>)>) -> Map<Vec<(i64, i64)>> {
    let mut keys: Map<Vec<(i64, i64)>> = Map::default();
    for (key, days) in pages {
        let pairs = days.iter().map(|day| {
            let member = |at: usize| day.get(at).copied().unwrap_or_default();
            (member(0), member(1))
        });
        keys.entry(key).or_default().extend(pairs);
    }
    keys.sort_unstable_keys();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_of_a_key_goes_on_over_pages() {
        let pages = vec![
            ("b".to_owned(), vec![vec![1, 9]]),
            ("a".to_owned(), vec![vec![0, 100], vec![7]]),
            ("b".to_owned(), vec![vec![2, 7]]),
        ];
        let keys = usage(pages);
        assert!(keys.keys().eq(["a", "b"]));
        assert_eq!(keys["a"], [(0, 100), (7, 0)]);
        assert_eq!(keys["b"], [(1, 9), (2, 7)]);
    }
}
