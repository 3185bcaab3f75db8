//! What can be asked of a home, and what each request needs.

use std::collections::HashSet;

use auth_core::{Action, ContextId, EntityId, Need, Network, Permission, Proof, Timestamp};
use recorder::Period;
use registries::{AreaPatch, DevicePatch, EntityPatch, FloorPatch, LabelPatch};
use serde_json::Value;

use crate::{CorePatch, PersonPatch, Shape};

/// Makes requests of a home, each with what it needs.
macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty),* $(,)? } needs |$this:ident| $need:expr
        $(, proof $proof:ident)?;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }

        impl Action for $name {
            const NAME: &'static str = stringify!($name);
            $(const PROOF: Proof = Proof::$proof;)?

            fn need(&self) -> Need<'_> {
                let $this = self;
                $need
            }
        }
    )*};
}

mod accounts;
pub use accounts::*;

requests! {
    /// Change how an entity is presented to people.
    PresentEntity {
        /// Which.
        entity_id: EntityId,
        /// Only [`EntityPatch::only_presents`] changes are made.
        patch: EntityPatch,
    } needs |this| Need::Entity(&this.entity_id, Permission::Edit);
    /// Change anything of an entity's entry.
    UpdateEntity {
        /// Which.
        entity_id: EntityId,
        /// What.
        patch: EntityPatch,
    } needs |_this| Need::Admin;
    /// Remove an entity's entry.
    RemoveEntity {
        /// Which.
        entity_id: EntityId,
    } needs |_this| Need::Admin;
    /// Change a device.
    UpdateDevice {
        /// Which.
        device_id: String,
        /// What.
        patch: DevicePatch,
    } needs |_this| Need::Admin;
    /// Remove a device.
    RemoveDevice {
        /// Which.
        device_id: String,
    } needs |_this| Need::Admin;
    /// Make an area, or change the one named.
    SetArea {
        /// Which; none for a new one.
        area_id: Option<String>,
        /// What.
        patch: AreaPatch,
    } needs |_this| Need::Admin;
    /// Delete an area.
    DeleteArea {
        /// Which.
        area_id: String,
    } needs |_this| Need::Admin;
    /// Put the areas in order.
    ReorderAreas {
        /// Every area's id once.
        area_ids: Vec<String>,
    } needs |_this| Need::Admin;
    /// Make a floor, or change the one named.
    SetFloor {
        /// Which; none for a new one.
        floor_id: Option<String>,
        /// What.
        patch: FloorPatch,
    } needs |_this| Need::Admin;
    /// Delete a floor.
    DeleteFloor {
        /// Which.
        floor_id: String,
    } needs |_this| Need::Admin;
    /// Put the floors in order.
    ReorderFloors {
        /// Every floor's id once.
        floor_ids: Vec<String>,
    } needs |_this| Need::Admin;
    /// Make a label, or change the one named.
    SetLabel {
        /// Which; none for a new one.
        label_id: Option<String>,
        /// What.
        patch: LabelPatch,
    } needs |_this| Need::Admin;
    /// Delete a label.
    DeleteLabel {
        /// Which.
        label_id: String,
    } needs |_this| Need::Admin;
    /// Change what the home is called and where it is.
    UpdateCore {
        /// What.
        patch: CorePatch,
    } needs |_this| Need::Admin;
    /// Read what a frontend keeps for oneself.
    ReadUserData {} needs |_this| Need::OwnAccount;
    /// Keep something for a frontend of one's own.
    SetUserData {
        /// Its name.
        key: String,
        /// What; `null` for nothing any more.
        value: Value,
    } needs |_this| Need::OwnAccount;
    /// Keep something for everybody's frontend.
    SetSystemData {
        /// Its name.
        key: String,
        /// What; `null` for nothing any more.
        value: Value,
    } needs |_this| Need::Admin;
    /// Make a person, or change one.
    SetPerson {
        /// Which; none for a new one.
        person_id: Option<String>,
        /// What.
        patch: PersonPatch,
    } needs |_this| Need::Admin;
    /// Delete a person; their user stays.
    DeletePerson {
        /// Which.
        person_id: String,
    } needs |_this| Need::Admin;
    /// List failed logins that are remembered.
    ListFailures {} needs |_this| Need::Admin;
    /// Forget failed logins, so that nobody waits for them any more.
    ForgiveFailures {
        /// Those from an address.
        address: Option<std::net::IpAddr>,
        /// Those of a user.
        user_id: Option<String>,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// List the addresses that are shut out.
    ListBans {} needs |_this| Need::Admin;
    /// Shut addresses out.
    AddBan {
        /// Which.
        network: Network,
        /// Until when; for good, if left out.
        until: Option<Timestamp>,
        /// For people.
        reason: Option<String>,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// Let addresses log in again that the hub shut out.
    LiftBan {
        /// Which.
        network: Network,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Let addresses in again that the owner shut out.
    LiftOwnersBan {
        /// Which.
        network: Network,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// Read the audit trail, and check it.
    ReadAudit {} needs |_this| Need::Admin;
    /// Say what is recorded and how long it is kept. What is left out stays.
    SetAudit {
        /// Service calls are recorded that were let through.
        control: Option<bool>,
        /// Records are kept for so many days.
        keep_days: Option<u32>,
        /// At most so many records are kept of each trail.
        keep_lines: Option<u64>,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// Look how it stands with showing one's own second factor.
    ReadStepUp {} needs |_this| Need::OwnAccount;
    /// Show one's own second factor, for what needs that lately.
    ShowFactor {
        /// What is shown.
        shown: ShownFactor,
    } needs |_this| Need::OwnAccount;
    /// Ask whoever does something dangerous for their second factor, or for a more recent one.
    RequireProof {
        /// It was shown at most so many minutes ago.
        minutes: u32,
    } needs |_this| Need::Admin, proof IfAny;
    /// Ask for it no more, or for a less recent one.
    RelaxProof {
        /// It was shown at most so many minutes ago; nothing is asked for, if left out.
        minutes: Option<u32>,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// Write a copy of everything, secrets included.
    CreateBackup {} needs |_this| Need::Owner, proof WhereRequired;
    /// Read what entities were in a period; of those that may be read.
    ReadHistory {
        /// Which, each with the number of the last event of it that is known already; 0 if none is.
        entities: Vec<(EntityId, u64)>,
        /// When, and what of it; its `after` is not looked at.
        period: Period,
        /// How it will be shown: as much is read as an answer may hold.
        shape: Shape,
    } needs |_this| Need::Authenticated;
    /// Read what the logbook says of a period; of entities that may be read.
    ReadLogbook {
        /// Of which; of all if there is no list.
        entity_ids: Option<HashSet<EntityId>>,
        /// When.
        period: Period,
        /// Only what came of one action.
        context: Option<ContextId>,
    } needs |_this| Need::Authenticated;
    /// Render a template with one's own rights.
    RenderTemplate {
        /// The template.
        template: String,
    } needs |_this| Need::Authenticated;
}

/// What somebody shows of their second factor.
#[derive(Clone, Debug)]
pub enum ShownFactor {
    /// A code of the app, or a recovery code.
    Code(Secret),
    /// The browser's `PublicKeyCredential` as JSON.
    Passkey(Value),
}

/// Text that `Debug` does not show.
#[derive(Clone)]
pub struct Secret(secrecy::SecretString);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        secrecy::ExposeSecret::expose_secret(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}
