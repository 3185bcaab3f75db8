//! What can be asked about accounts: users, how they sign in, tokens, groups.

use auth_core::{Action, Condition, Need, Policy, Proof};
use serde_json::Value;

use super::Secret;
use crate::UserPatch;

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
        /// The policy that it has until then: if it has another, nothing is changed.
        policy_before: Option<Value>,
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
}
