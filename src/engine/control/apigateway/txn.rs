//! One operation's view of a region: a copy of it that the operation may change, and the list of what it changed.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::client_certificates::HeldCertificate;
use super::domain_names::Domain;
use super::error::{NO_METHOD, NO_RESOURCE, NO_USAGE_PLAN, not_found};
use super::state::{Api, Listed, Part, Placed, Region, State, kind};
use super::vpc_links::HeldLink;
use super::{Answer, Deps, USAGE};
use crate::engine::store::Change;
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::PatchOperation;
use crate::model::{
    Account, ApiKey, DomainName, DomainNameAccessAssociation, EpochSeconds, Method, Resource,
    RestApi, UsagePlan,
};

/// A transaction. Reads see its own writes; nothing of it is seen by others until it is committed.
pub(super) struct Txn<'a> {
    pub(super) deps: &'a Deps,
    pub(super) region_name: &'a str,
    pub(super) region: Region,
    /// All regions as they were: ids of APIs are unique over them.
    state: &'a State,
    pub(super) changes: Vec<Change>,
}

impl<'a> Txn<'a> {
    pub(super) fn new(deps: &'a Deps, state: &'a State, region_name: &'a str) -> Self {
        Self {
            deps,
            region_name,
            region: state.get(region_name).cloned().unwrap_or_default(),
            state,
            changes: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> EpochSeconds {
        self.deps.clock.now().as_second()
    }

    /// The next place in the order of creation.
    pub(super) fn place(&mut self) -> u64 {
        self.region.next += 1;
        self.region.next
    }

    /// An id for a new API, free in all regions: an address names no region.
    pub(super) fn new_api_id(&self) -> String {
        loop {
            let id = self.deps.ids.long();
            let taken = |region: &Region| region.apis.contains_key(&id);
            if !self.state.values().any(taken) && !taken(&self.region) {
                return id;
            }
        }
    }

    /// Six characters that `taken` doesn't know.
    pub(super) fn new_short_id(&self, taken: impl Fn(&str) -> bool) -> String {
        loop {
            let id = self.deps.ids.short();
            if !taken(&id) {
                return id;
            }
        }
    }

    /// The API of this id.
    pub(super) fn api(&self, id: &str) -> Result<Arc<Api>, ServiceError> {
        self.region.apis.get(id).cloned().ok_or_else(|| {
            let account = &self.deps.account;
            ServiceError::not_found(format!("Invalid API identifier specified {account}:{id}"))
        })
    }

    /// The API of this id, with another refusal: calls that also name a part of it are answered with the part's (recorded).
    pub(super) fn api_or(&self, id: &str, text: &str) -> Result<Arc<Api>, ServiceError> {
        self.region
            .apis
            .get(id)
            .cloned()
            .ok_or_else(|| not_found(text))
    }

    /// The resource of this id; an unknown API is an unknown resource (recorded).
    pub(super) fn resource(&self, api: &str, id: &str) -> Result<Arc<Resource>, ServiceError> {
        let api = self.api_or(api, NO_RESOURCE)?;
        api.resources
            .get(id)
            .cloned()
            .ok_or_else(|| not_found(NO_RESOURCE))
    }

    /// The method of this verb, with its resource.
    pub(super) fn method(
        &self,
        api: &str,
        resource: &str,
        verb: &str,
    ) -> Result<(Arc<Resource>, Method), ServiceError> {
        let resource = self.resource(api, resource)?;
        let method = resource
            .resource_methods
            .get(verb)
            .cloned()
            .ok_or_else(|| not_found(NO_METHOD))?;
        Ok((resource, method))
    }

    /// Puts a method into its resource.
    pub(super) fn put_method(
        &mut self,
        api: &str,
        resource: &Resource,
        method: Method,
    ) -> Result<(), ServiceError> {
        let mut resource = resource.clone();
        resource
            .resource_methods
            .insert(method.http_method.clone(), method);
        self.put(api, resource)
    }

    pub(super) fn plan(&self, id: &str) -> Result<Listed<UsagePlan>, ServiceError> {
        self.region
            .plans
            .get(id)
            .cloned()
            .ok_or_else(|| not_found(NO_USAGE_PLAN))
    }

    /// Puts an API's own settings.
    pub(super) fn put_api(&mut self, place: u64, rest_api: RestApi) -> Result<(), ServiceError> {
        let id = rest_api.id.clone();
        self.note(
            kind::API,
            id.clone(),
            &Placed {
                place,
                entity: &rest_api,
            },
        )?;
        let apis = Arc::make_mut(&mut self.region.apis);
        match apis.get_mut(&id) {
            Some(api) => Arc::make_mut(api).rest_api = Arc::new(rest_api),
            None => {
                apis.insert(id, Arc::new(Api::new(place, rest_api)));
            }
        }
        Ok(())
    }

    /// Takes an API away with all that belongs to it.
    pub(super) fn remove_api(&mut self, id: &str) {
        let Some(api) = Arc::make_mut(&mut self.region.apis).remove(id) else {
            return;
        };
        let mut api = Arc::unwrap_or_clone(api);
        self.note_removed(kind::API, id.to_owned());
        self.note_parts_removed::<Resource>(id, &mut api);
        self.note_parts_removed::<crate::model::Model>(id, &mut api);
        self.note_parts_removed::<crate::model::RequestValidator>(id, &mut api);
        self.note_parts_removed::<crate::model::Authorizer>(id, &mut api);
        self.note_parts_removed::<crate::model::GatewayResponse>(id, &mut api);
        self.note_parts_removed::<super::state::Deployed>(id, &mut api);
        self.note_parts_removed::<crate::model::Stage>(id, &mut api);
        self.note_parts_removed::<super::state::Documented>(id, &mut api);
        self.note_parts_removed::<super::state::Published>(id, &mut api);
    }

    fn note_parts_removed<P: Part>(&mut self, id: &str, api: &mut Api) {
        for key in P::map(api).keys() {
            self.note_removed(P::KIND, format!("{id}/{key}"));
        }
    }

    /// Puts a part of an API, which must exist.
    pub(super) fn put<P: Part>(&mut self, api: &str, part: P) -> Result<(), ServiceError> {
        let key = part.key();
        self.note(P::KIND, format!("{api}/{key}"), &part)?;
        if let Some(held) = Arc::make_mut(&mut self.region.apis).get_mut(api) {
            P::map(Arc::make_mut(held)).insert(key, Arc::new(part));
        }
        Ok(())
    }

    /// Takes a part of an API away, if it is there.
    pub(super) fn remove<P: Part>(&mut self, api: &str, key: &str) {
        if let Some(held) = Arc::make_mut(&mut self.region.apis).get_mut(api) {
            P::map(Arc::make_mut(held)).remove(key);
        }
        self.note_removed(P::KIND, format!("{api}/{key}"));
    }

    pub(super) fn put_key(&mut self, place: u64, key: ApiKey) -> Result<(), ServiceError> {
        let id = key.id.clone();
        self.note(
            kind::API_KEY,
            id.clone(),
            &Placed {
                place,
                entity: &key,
            },
        )?;
        let entity = Arc::new(key);
        Arc::make_mut(&mut self.region.keys).insert(id, Listed { place, entity });
        Ok(())
    }

    /// Takes a key away, out of its plans too.
    pub(super) fn remove_key(&mut self, id: &str) {
        Arc::make_mut(&mut self.region.keys).remove(id);
        self.note_removed(kind::API_KEY, id.to_owned());
        self.remove_members(|(_, key)| key == id);
    }

    pub(super) fn put_plan(&mut self, place: u64, plan: UsagePlan) -> Result<(), ServiceError> {
        let id = plan.id.clone();
        self.note(
            kind::USAGE_PLAN,
            id.clone(),
            &Placed {
                place,
                entity: &plan,
            },
        )?;
        let entity = Arc::new(plan);
        Arc::make_mut(&mut self.region.plans).insert(id, Listed { place, entity });
        Ok(())
    }

    /// Takes a plan away; its keys stay.
    pub(super) fn remove_plan(&mut self, id: &str) {
        Arc::make_mut(&mut self.region.plans).remove(id);
        self.note_removed(kind::USAGE_PLAN, id.to_owned());
        self.remove_members(|(plan, _)| plan == id);
    }

    pub(super) fn put_member(&mut self, plan: &str, key: &str) -> Result<(), ServiceError> {
        let place = self.place();
        self.put_member_at(place, plan, key)
    }

    /// Puts a key into a plan, at that place in the order of adding.
    pub(super) fn put_member_at(
        &mut self,
        place: u64,
        plan: &str,
        key: &str,
    ) -> Result<(), ServiceError> {
        self.note(kind::USAGE_PLAN_KEY, format!("{plan}/{key}"), &place)?;
        Arc::make_mut(&mut self.region.members).insert((plan.to_owned(), key.to_owned()), place);
        Ok(())
    }

    pub(super) fn remove_members(&mut self, which: impl Fn(&(String, String)) -> bool) {
        let gone: Vec<(String, String)> = self
            .region
            .members
            .keys()
            .filter(|member| which(member))
            .cloned()
            .collect();
        for member in gone {
            Arc::make_mut(&mut self.region.members).remove(&member);
            let (plan, key) = member;
            self.note_removed(kind::USAGE_PLAN_KEY, format!("{plan}/{key}"));
            let gateway = &self.deps.gateway;
            for row in gateway.usage_rows(self.region_name, &plan, &key) {
                self.note_removed(USAGE, row);
            }
        }
    }

    /// Whether any region has a custom domain name of this name: requests name no region.
    pub(super) fn domain_taken(&self, name: &str) -> bool {
        let mut regions = self.state.values().chain([&self.region]);
        regions.any(|region| region.domains.contains_key(name))
    }

    pub(super) fn put_domain(&mut self, place: u64, domain: Domain) -> Result<(), ServiceError> {
        let name = domain.domain.domain_name.to_ascii_lowercase();
        self.note(
            kind::DOMAIN_NAME,
            name.clone(),
            &Placed {
                place,
                entity: &domain,
            },
        )?;
        let entity = Arc::new(domain);
        Arc::make_mut(&mut self.region.domains).insert(name, Listed { place, entity });
        Ok(())
    }

    /// Takes a custom domain name away, with its mappings and access associations.
    pub(super) fn remove_domain(&mut self, domain: &DomainName) {
        let name = domain.domain_name.to_ascii_lowercase();
        Arc::make_mut(&mut self.region.domains).remove(&name);
        self.note_removed(kind::DOMAIN_NAME, name);
        let associations = self.region.associations.iter();
        let of_domain = associations.filter(|(_, held)| {
            Some(&held.entity.domain_name_arn) == domain.domain_name_arn.as_ref()
        });
        let gone: Vec<String> = of_domain.map(|(arn, _)| arn.clone()).collect();
        for arn in gone {
            self.remove_association(&arn);
        }
    }

    pub(super) fn put_association(
        &mut self,
        place: u64,
        association: DomainNameAccessAssociation,
    ) -> Result<(), ServiceError> {
        let arn = association.domain_name_access_association_arn.clone();
        let placed = Placed {
            place,
            entity: &association,
        };
        self.note(kind::ACCESS_ASSOCIATION, arn.clone(), &placed)?;
        let entity = Arc::new(association);
        Arc::make_mut(&mut self.region.associations).insert(arn, Listed { place, entity });
        Ok(())
    }

    pub(super) fn remove_association(&mut self, arn: &str) {
        Arc::make_mut(&mut self.region.associations).remove(arn);
        self.note_removed(kind::ACCESS_ASSOCIATION, arn.to_owned());
    }

    pub(super) fn put_link(&mut self, place: u64, held: HeldLink) -> Result<(), ServiceError> {
        let id = held.link.id.clone();
        let placed = Placed {
            place,
            entity: &held,
        };
        self.note(kind::VPC_LINK, id.clone(), &placed)?;
        let entity = Arc::new(held);
        Arc::make_mut(&mut self.region.links).insert(id, Listed { place, entity });
        Ok(())
    }

    pub(super) fn remove_link(&mut self, id: &str) {
        Arc::make_mut(&mut self.region.links).remove(id);
        self.note_removed(kind::VPC_LINK, id.to_owned());
    }

    pub(super) fn put_certificate(
        &mut self,
        place: u64,
        held: HeldCertificate,
    ) -> Result<(), ServiceError> {
        let id = held.certificate.client_certificate_id.clone();
        let placed = Placed {
            place,
            entity: &held,
        };
        self.note(kind::CLIENT_CERTIFICATE, id.clone(), &placed)?;
        let entity = Arc::new(held);
        Arc::make_mut(&mut self.region.certificates).insert(id, Listed { place, entity });
        Ok(())
    }

    pub(super) fn remove_certificate(&mut self, id: &str) {
        Arc::make_mut(&mut self.region.certificates).remove(id);
        self.note_removed(kind::CLIENT_CERTIFICATE, id.to_owned());
    }

    pub(super) fn put_account(&mut self, account: Account) -> Result<(), ServiceError> {
        self.note(kind::ACCOUNT, String::new(), &account)?;
        self.region.account = Arc::new(account);
        Ok(())
    }

    fn note(
        &mut self,
        kind: &'static str,
        key: String,
        entity: &impl Serialize,
    ) -> Result<(), ServiceError> {
        let json = serde_json::to_string(entity)
            .map_err(|error| ServiceError::internal(format!("can't write a {kind}: {error}")))?;
        self.push(kind, key, Some(json));
        Ok(())
    }

    fn note_removed(&mut self, kind: &'static str, key: String) {
        self.push(kind, key, None);
    }

    fn push(&mut self, kind: &'static str, key: String, value: Option<String>) {
        self.changes.push(Change {
            region: self.region_name.to_owned(),
            kind,
            key,
            value,
        });
    }
}

/// An input read into a type of its members' wire names.
pub(super) fn read<T: serde::de::DeserializeOwned>(input: &Input) -> Result<T, ServiceError> {
    serde_json::from_value(Value::Object(input.members.clone()))
        .map_err(|error| ServiceError::serialization(error.to_string()))
}

/// A label of the path or another member that can't be absent; an absent one finds nothing.
pub(super) fn text<'i>(input: &'i Input, name: &str) -> &'i str {
    input.text(name).unwrap_or_default()
}

/// The patch of an update.
pub(super) fn patch(input: &Input) -> Result<Vec<PatchOperation>, ServiceError> {
    input.members.get("patchOperations").map_or_else(
        || Ok(Vec::new()),
        |operations| {
            serde_json::from_value(operations.clone())
                .map_err(|error| ServiceError::serialization(error.to_string()))
        },
    )
}

/// An entity as an answer.
pub(super) fn answer(entity: &impl Serialize) -> Answer {
    serde_json::to_value(entity)
        .map_err(|error| ServiceError::internal(format!("can't write an answer: {error}")))
}

/// The answer of deletes: none.
pub(super) const NOTHING: Answer = Ok(Value::Null);
