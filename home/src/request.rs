//! What can be asked of a home, and what each request needs.

use auth_core::{Action, Condition, EntityId, Need, Network, Permission, Policy, Proof, Timestamp};
use registries::{AreaPatch, DevicePatch, EntityPatch, FloorPatch, LabelPatch};
use serde_json::Value;

use crate::{CorePatch, UserPatch};

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

requests! {
    /// List the users.
    ListUsers {} needs |_this| Need::Admin;
    /// Make a user without a way to log in yet.
    CreateUser {
        /// For display.
        name: String,
        /// The groups.
        group_ids: Vec<String>,
        /// May only log in from a local network.
        local_only: bool,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Make a user with a user name, a password and groups.
    AddUser {
        /// For display.
        name: String,
        /// Normalised: lower case, without outer spaces.
        username: String,
        /// The password.
        password: Secret,
        /// The groups.
        group_ids: Vec<String>,
        /// May only log in from a local network.
        local_only: bool,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Change a user.
    UpdateUser {
        /// Who.
        user_id: String,
        /// What.
        patch: UserPatch,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Delete a user for good, with everything they log in with.
    DeleteUser {
        /// Who.
        user_id: String,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Give a user a user name and a password.
    CreateLogin {
        /// Who.
        user_id: String,
        /// Normalised: lower case, without outer spaces.
        username: String,
        /// The password.
        password: Secret,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Give the owner, or somebody who can sign in already, a user name and a password.
    CreateOwnerLogin {
        /// As for anybody.
        login: CreateLogin,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// Take a user name and its password away.
    DeleteLogin {
        /// The user name.
        username: String,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Change one's own password.
    ChangePassword {
        /// The present one.
        current: Secret,
        /// The new one.
        new: Secret,
    } needs |_this| Need::OwnAccount;
    /// Change anybody's password.
    AdminChangePassword {
        /// Whose.
        user_id: String,
        /// The new one.
        password: Secret,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// Change anybody's user name.
    AdminChangeUsername {
        /// Whose.
        user_id: String,
        /// The new one.
        username: String,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// Begin to set one's own second factor up.
    SetUpFactor {} needs |_this| Need::OwnAccount, proof WhereRequired;
    /// End the set-up of one's own second factor, by a code of the app.
    ProveFactor {
        /// Which set-up.
        flow_id: String,
        /// What the app shows.
        code: String,
    } needs |_this| Need::OwnAccount;
    /// Make new recovery codes for oneself.
    RenewRecovery {} needs |_this| Need::OwnAccount, proof IfAny;
    /// Take one's own second factor away.
    RemoveFactor {} needs |_this| Need::OwnAccount, proof IfAny;
    /// Take the second factor of anybody but the owner away, who has lost it.
    RemoveFactorOf {
        /// Whose.
        user_id: String,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Take the owner's second factor away.
    RemoveOwnersFactor {
        /// Whose.
        user_id: String,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// List one's own passkeys.
    ListPasskeys {} needs |_this| Need::OwnAccount;
    /// Begin to add a passkey of one's own.
    RegisterPasskey {} needs |_this| Need::OwnAccount, proof IfAny;
    /// End that, with what the browser gave.
    AddPasskey {
        /// What to call it.
        name: String,
        /// The browser's `PublicKeyCredential` as JSON.
        credential: Value,
    } needs |_this| Need::OwnAccount, proof IfAny;
    /// Remove a passkey of one's own.
    RemovePasskey {
        /// Which.
        passkey_id: String,
    } needs |_this| Need::OwnAccount, proof IfAny;
    /// Get what a browser needs to show a passkey of one's own.
    ChallengePasskey {} needs |_this| Need::OwnAccount;
    /// List who is linked to which account at an identity provider.
    ListIdentities {} needs |_this| Need::Admin;
    /// Let an account at an identity provider sign in as a user who cannot sign in yet, or as oneself.
    LinkIdentity {
        /// Who.
        user_id: String,
        /// Who vouches, letter for letter.
        issuer: String,
        /// The account, as the issuer names it.
        subject: String,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Let an account at an identity provider sign in as anybody: whoever has it is that user.
    LinkAnyIdentity {
        /// As for anybody.
        link: LinkIdentity,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// End a link of anybody but the owner.
    UnlinkIdentity {
        /// Which.
        identity_id: String,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// End a link of the owner.
    UnlinkOwnersIdentity {
        /// Which.
        identity_id: String,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// List one's own tokens.
    ListTokens {} needs |_this| Need::OwnAccount;
    /// Delete one of one's own tokens.
    DeleteToken {
        /// Which.
        token_id: String,
    } needs |_this| Need::OwnAccount;
    /// Delete all of one's own tokens of one kind.
    DeleteTokens {
        /// `normal`, `long_lived_access_token`; none for all.
        kind: Option<String>,
        /// The one in use as well.
        current_too: bool,
    } needs |_this| Need::OwnAccount;
    /// Let one of one's own tokens expire, or not.
    SetTokenExpiry {
        /// Which.
        token_id: String,
        /// Expire 90 days after last use.
        expires: bool,
    } needs |_this| Need::OwnAccount, proof WhereRequired;
    /// Make a long-lived access token for oneself.
    CreateToken {
        /// Distinct among one's own.
        name: String,
        /// An icon's name.
        icon: Option<String>,
        /// In days.
        lifespan_days: u32,
        /// What it may do at most; all that its user may, if left out.
        policy: Option<Policy>,
        /// As many requests may be made by it in a minute; any number, if left out.
        rate_limit: Option<u32>,
    } needs |_this| Need::OwnAccount, proof WhereRequired;
    /// Make a long-lived access token for anybody: whoever has it is that user.
    CreateTokenFor {
        /// For whom.
        user_id: String,
        /// The token.
        token: CreateToken,
    } needs |_this| Need::Owner, proof WhereRequired;
    /// Revoke a token of anybody but the owner.
    RevokeToken {
        /// Which.
        token_id: String,
    } needs |_this| Need::Admin;
    /// Revoke a token of the owner.
    RevokeOwnersToken {
        /// Which.
        token_id: String,
    } needs |_this| Need::Owner;
    /// Make an account for a program. It has no password, ever.
    CreateServiceAccount {
        /// For display.
        name: String,
        /// The groups; none means that it may do nothing.
        group_ids: Vec<String>,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Make a token for a program's account.
    CreateServiceToken {
        /// The account.
        user_id: String,
        /// The token.
        token: CreateToken,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Sign a path, so that it can be opened without a token for a while.
    SignPath {
        /// Path and query.
        path: String,
        /// For how long, in seconds.
        expires_secs: u32,
    } needs |_this| Need::Authenticated;
    /// Read users, groups and policies, and what follows from them.
    ReadRights {} needs |_this| Need::Admin;
    /// Add a group, or change what is given of it.
    SetGroup {
        /// Which: 1 to 64 letters, digits, `_`, `-` or `.`.
        group_id: String,
        /// For display; the id for a new group, if left out.
        name: Option<String>,
        /// What its members may do; nothing for a new group, if left out.
        policy: Option<Policy>,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Put a user into a group, or say anew when the membership counts.
    SetMember {
        /// The group.
        group_id: String,
        /// The user.
        user_id: String,
        /// When it counts; always, by default.
        condition: Condition,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Take a user out of a group.
    RemoveMember {
        /// The group.
        group_id: String,
        /// The user.
        user_id: String,
    } needs |_this| Need::Admin, proof WhereRequired;
    /// Remove a group that nobody is in.
    RemoveGroup {
        /// Which.
        group_id: String,
    } needs |_this| Need::Admin, proof WhereRequired;
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
