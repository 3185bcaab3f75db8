//! The form in which the catalogue is written.

use auth_core::Permission;
use service_bus::{Field, Handler, Kind, Manages, ResponseMode, Schema, ServiceAccess, ServiceSpec};

/// The services of one domain.
pub(crate) struct Domain {
    name: &'static str,
    specs: Vec<ServiceSpec>,
}

impl Domain {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, specs: Vec::new() }
    }

    /// A service that acts on entities which have one of the bits `feature`; 0 for all.
    pub(crate) fn acts(self, service: &str, feature: u64, fields: Vec<Field>) -> Self {
        self.with(service, feature, fields, Permission::Control, ResponseMode::None)
    }

    /// A service that only reads from entities, and always answers.
    pub(crate) fn reads(self, service: &str, feature: u64, fields: Vec<Field>) -> Self {
        self.with(service, feature, fields, Permission::Read, ResponseMode::Only)
    }

    /// A service that asks something of a device, and always answers.
    pub(crate) fn asks(self, service: &str, feature: u64, fields: Vec<Field>) -> Self {
        self.with(service, feature, fields, Permission::Control, ResponseMode::Only)
    }

    pub(crate) fn into_specs(self) -> Vec<ServiceSpec> {
        self.specs
    }

    fn with(
        mut self,
        service: &str,
        feature: u64,
        fields: Vec<Field>,
        permission: Permission,
        response: ResponseMode,
    ) -> Self {
        self.specs.push(ServiceSpec {
            domain: self.name.to_owned(),
            name: service.to_owned(),
            access: ServiceAccess::Entities(permission),
            schema: Schema::new(fields),
            response,
            manages: Manages::Nothing,
            handler: Handler::EachEntity { feature },
        });
        self
    }
}

/// A field that may be left out.
pub(crate) const fn may(name: &'static str, kind: Kind) -> Field {
    Field::optional(name, kind)
}

/// A field that must be there.
pub(crate) const fn must(name: &'static str, kind: Kind) -> Field {
    Field::required(name, kind)
}

/// A share of a hundred.
pub(crate) const PERCENT: Kind = Kind::Int(0, 100);

/// Degrees of any unit that people use.
pub(crate) const TEMPERATURE: Kind = Kind::Float(-1000.0, 1000.0);

/// Any number.
pub(crate) const NUMBER: Kind = Kind::Float(f64::MIN, f64::MAX);

/// A count or an amount, of modest size.
pub(crate) const COUNT: Kind = Kind::Int(0, i32::MAX as i64);
