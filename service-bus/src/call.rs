//! Service calls: found, checked and expanded first, then authorized as a whole, then carried out.

use std::sync::Arc;

use auth_core::{Action, Authorized, Context, EntityId, Need, Permission, Principal, Unauthorized};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use crate::{
    Bus, CallError, EntityCall, ExpandedTarget, Handler, HandlerError, ResponseMode, SchemaError, ServiceAccess,
    ServiceCall, ServiceSpec, State, Target, TargetIds, Viewer, World,
};

/// A service call as a caller makes it.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// The domain; case does not matter.
    pub domain: String,
    /// The service; case does not matter.
    pub service: String,
    /// The data, target keys included.
    pub data: Map<String, Value>,
    /// The caller wants the response.
    pub return_response: bool,
}

/// A service call that can be decided: it carries its service and every entity that it comes to.
#[derive(Debug)]
pub struct Call {
    spec: Arc<ServiceSpec>,
    /// As the caller gave it.
    given: Map<String, Value>,
    data: Map<String, Value>,
    entities: Vec<EntityId>,
    n_direct: usize,
    return_response: bool,
}

/// What a call gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The response, if one was asked for.
    pub response: Option<Value>,
}

impl CallRequest {
    /// Returns a call that wants no response.
    pub fn new(domain: &str, service: &str, data: Map<String, Value>) -> Self {
        Self { domain: domain.to_owned(), service: service.to_owned(), data, return_response: false }
    }
}

impl Action for Call {
    const NAME: &'static str = "CallService";

    fn need(&self) -> Need<'_> {
        match &self.spec.access {
            ServiceAccess::Authenticated => Need::Authenticated,
            ServiceAccess::Entities(permission) => Need::Entities(&self.entities, *permission),
            ServiceAccess::On(entity_id, permission) => Need::Entity(entity_id, *permission),
            ServiceAccess::Admin => Need::Admin,
            ServiceAccess::Owner => Need::Owner,
            ServiceAccess::Integration(domain) => Need::Integration(domain),
        }
    }
}

impl Bus {
    /// Finds, checks, authorizes and carries out a call as `principal`; who asked is `context.user_id`.
    ///
    /// # Errors
    /// [`CallError`]. Up to and including [`CallError::Unauthorized`] nothing has happened.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the handler's work half done: run it in a task of its own.
    pub async fn call(
        &self,
        principal: Principal,
        request: CallRequest,
        context: Context,
    ) -> Result<Outcome, CallError> {
        self.call_nested(principal, request, context, 0).await
    }

    /// Like [`Bus::call`], and returns the states that were written meanwhile under the call's own context, in order.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub async fn call_collecting(
        &self,
        principal: Principal,
        request: CallRequest,
        context: Context,
    ) -> Result<(Outcome, Vec<Arc<State>>), CallError> {
        let id = context.id;
        self.shared.machine.start_collecting(id);
        let outcome = self.call_nested(principal, request, context, 0).await;
        let changed = self.shared.machine.stop_collecting(id);
        Ok((outcome?, changed))
    }

    pub(crate) async fn call_nested(
        &self,
        principal: Principal,
        request: CallRequest,
        context: Context,
        depth: u8,
    ) -> Result<Outcome, CallError> {
        let world = self.world();
        if depth == 0 && self.hides_service(&world, &principal, &request) {
            return Err(CallError::NotFound { domain: request.domain, service: request.service });
        }
        let service = format!("{}.{}", request.domain, request.service).to_lowercase();
        let decided = self
            .resolve(&world, &principal, request)
            .and_then(|call| Ok(world.auth.authorize(principal.clone(), call)?));
        let authorized = decided.map_err(|error| match error {
            CallError::Unauthorized(refusal) => {
                let refusal = refusal.in_context(&context);
                self.tell_denied(&principal, Call::NAME, Some(&service), &refusal);
                CallError::Unauthorized(refusal)
            }
            other => other,
        })?;
        self.shared.note(&authorized);
        if let Some(observer) = self.shared.observer.get() {
            observer.called(&principal, &context, &service, &authorized.request().entities);
        }
        Box::pin(self.carry_out(authorized, context, depth)).await
    }

    /// Tells whether a service has the name of an entity that the caller may not read: it is none that they know of.
    fn hides_service(&self, world: &World, principal: &Principal, request: &CallRequest) -> bool {
        let spec = self.shared.service(&request.domain.to_lowercase(), &request.service.to_lowercase());
        spec.is_some_and(|spec| match &spec.access {
            ServiceAccess::On(entity_id, _) => !Viewer::new(world, principal).reads(entity_id.as_str()),
            _ => false,
        })
    }

    /// Finds the service, checks the data and says which entities the call comes to.
    fn resolve(&self, world: &World, principal: &Principal, request: CallRequest) -> Result<Call, CallError> {
        let (domain, service) = (request.domain.to_lowercase(), request.service.to_lowercase());
        let spec = self
            .shared
            .service(&domain, &service)
            .ok_or(CallError::NotFound { domain: request.domain, service: request.service })?;
        match (spec.response, request.return_response) {
            (ResponseMode::None, true) => return Err(CallError::NoResponse),
            (ResponseMode::Only, false) => return Err(CallError::ResponseRequired),
            _ => {}
        }
        let given = request.data;
        let mut data = given.clone();
        let mut call = Call {
            spec: Arc::clone(&spec),
            given,
            data: Map::new(),
            entities: Vec::new(),
            n_direct: 0,
            return_response: request.return_response,
        };
        if !matches!(spec.handler, Handler::Plain(_)) {
            let target = Target::take_from(&mut data)?;
            if !target.is_given {
                return Err(SchemaError::NoTarget.into());
            }
            let viewer = Viewer::new(world, principal);
            let expanded = self.expand(&viewer, &target);
            let narrowed = self.narrow(&viewer, &spec, expanded);
            call.data = spec.schema.check(data)?;
            let (entities, n_direct) = narrowed?;
            call.entities = entities;
            call.n_direct = n_direct;
        } else {
            call.data = spec.schema.check(data)?;
        }
        Ok(call)
    }

    /// Expands a target so that what comes of it tells the caller nothing about what they may not read: a group of
    /// which they know nothing stands for itself, and leaving out a place does not leave out what they named.
    fn expand(&self, viewer: &Viewer<'_>, target: &Target) -> ExpandedTarget {
        let registries = &viewer.world().registries;
        let members = |id: &EntityId| if viewer.reads(id.as_str()) { self.members_of(id) } else { None };
        let mut expanded = target.expand(registries, members);
        if let Some(exclude) = &target.exclude {
            let by_name = |id: &EntityId| matches!(&exclude.entities, TargetIds::Listed(listed) if listed.contains(id));
            let named = Target { entities: target.entities.clone(), ..Target::default() };
            for id in named.expand(registries, members).direct {
                if !viewer.reads(id.as_str()) && !by_name(&id) && !expanded.direct.contains(&id) {
                    expanded.direct.push(id);
                }
            }
        }
        expanded
    }

    /// Returns the entities that a call comes to, those named directly first, and how many those are.
    ///
    /// What was named directly stays, to be checked as a whole. `all`, devices, areas, floors and labels are cut down
    /// to the service's own domain and to what the caller may act on; if a limited caller is left with nothing, the
    /// call is refused, whether or not there was something.
    fn narrow(
        &self,
        viewer: &Viewer<'_>,
        spec: &ServiceSpec,
        target: ExpandedTarget,
    ) -> Result<(Vec<EntityId>, usize), Unauthorized> {
        let permission = match spec.access {
            ServiceAccess::Entities(permission) => permission,
            _ => Permission::Control,
        };
        let mut found = target.indirect;
        let indirectly = target.by_place || target.all;
        let in_domain = |id: &EntityId| matches!(spec.handler, Handler::Targets(_)) || id.domain() == spec.domain;
        if target.all {
            let excluded = &target.excluded;
            self.shared.machine.each(|state| {
                if in_domain(&state.entity_id) && !excluded.contains(&state.entity_id) {
                    found.push(state.entity_id.clone());
                }
            });
        }
        let mut entities = target.direct;
        let n_direct = entities.len();
        let unlimited = viewer.rights().everywhere(permission);
        let allowed = |id: &EntityId| {
            // Whatever stands for others needs them all, or the call would be refused half way.
            let members = self.members_of(id).unwrap_or_default();
            viewer.rights().check(id.as_str(), permission)
                && members.iter().all(|member| viewer.rights().check(member.as_str(), permission))
        };
        for id in found {
            if in_domain(&id) && !entities.contains(&id) && (unlimited || allowed(&id)) {
                entities.push(id);
            }
        }
        if indirectly && entities.is_empty() && !unlimited {
            return Err(Unauthorized {
                user_id: viewer.rights().user().map(|user| user.id.clone()),
                perm_category: Some(auth_core::PERM_CATEGORY_ENTITIES),
                permission: Some(permission),
                ..Unauthorized::default()
            });
        }
        Ok((entities, n_direct))
    }

    async fn carry_out(&self, call: Authorized<Call>, context: Context, depth: u8) -> Result<Outcome, CallError> {
        let (principal, call) = call.into_parts();
        let announced = json!({
            "domain": call.spec.domain,
            "service": call.spec.name,
            "service_data": call.given,
        });
        if let Value::Object(announced) = announced {
            self.announce("call_service", announced, context.clone());
        }
        let service_call = ServiceCall {
            domain: call.spec.domain.clone(),
            service: call.spec.name.clone(),
            data: call.data,
            entities: call.entities,
            context,
            principal,
            bus: self.clone(),
            depth,
        };
        let response = match &call.spec.handler {
            Handler::Plain(handler) | Handler::Targets(handler) => handler.call(service_call).await?,
            Handler::EachEntity { feature } => {
                self.each_entity(service_call, *feature, call.n_direct, call.return_response).await?
            }
        };
        Ok(Outcome { response: if call.return_response { Some(response.unwrap_or_else(|| json!({}))) } else { None } })
    }

    /// Hands a call to its entities, all at once. The first error, in their order, is returned when all are done.
    async fn each_entity(
        &self,
        call: ServiceCall,
        feature: u64,
        n_direct: usize,
        return_response: bool,
    ) -> Result<Option<Value>, HandlerError> {
        let mut chosen = Vec::new();
        for (n, id) in call.entities.iter().enumerate().filter(|(_, id)| id.domain() == call.domain) {
            // What nobody provides, or what is unavailable, is passed over.
            let Some(entity) = self.shared.entities().get(id).cloned() else { continue };
            if self.shared.machine.state(id.as_str()).is_some_and(|state| &*state.state == "unavailable") {
                continue;
            }
            if feature == 0 || entity.supported_features() & feature != 0 {
                chosen.push((id.clone(), entity));
            } else if n < n_direct {
                return Err(HandlerError::Validation {
                    message: format!("Entity {id} does not support action {}.{}", call.domain, call.service),
                    key: Some("service_not_supported"),
                    domain: "homeassistant",
                    placeholders: vec![
                        ("domain", call.domain.clone()),
                        ("service", call.service.clone()),
                        ("entity_id", id.to_string()),
                    ],
                });
            }
        }
        if chosen.is_empty() {
            let text = "Service call requested response data but did not match any entities";
            return if return_response { Err(HandlerError::Failed(text.to_owned())) } else { Ok(None) };
        }
        let call = Arc::new(call);
        let calls = chosen.into_iter().map(|(entity_id, entity)| {
            let call = EntityCall { entity_id, call: Arc::clone(&call) };
            async move { (call.entity_id.clone(), entity.call(&call).await) }
        });
        let mut responses = Map::new();
        let mut failed = None;
        for (entity_id, outcome) in join_all(calls).await {
            match outcome {
                Ok(Some(response)) => _ = responses.insert(entity_id.to_string(), response),
                Ok(None) => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(Some(Value::Object(responses))), Err)
    }
}
