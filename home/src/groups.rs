//! Groups, their policies, and who is in them.

use std::sync::Arc;

use auth_core::{Authorized, Condition, Group, Policy};
use serde_json::json;
use service_bus::World;
use store::{Change, GroupRecord, Record, RecordKind};

use crate::{
    AccountError, Home, ReadRights, RemoveGroup, RemoveMember, SetGroup, SetMember, UserInfo, accounts::not_too_long,
};

impl Home {
    /// Returns the world of this moment, for whoever may ask anything about everybody's rights.
    pub fn rights_of_all(&self, _request: &Authorized<ReadRights>) -> Arc<World> {
        self.inner.bus.world()
    }

    /// Adds a group, or changes what is given of it. What its members may do changes before this returns.
    ///
    /// # Errors
    /// [`AccountError::Group`] for one of the three fixed groups or an id that cannot be, [`AccountError::Store`].
    pub async fn set_group(&self, request: Authorized<SetGroup>) -> Result<(), AccountError> {
        let (mut turn, _, SetGroup { group_id, name, policy, policy_before }) = self.begin(request).await?;
        if Group::is_system_id(&group_id) {
            return Err(AccountError::Group(group_id, "it is fixed"));
        }
        not_too_long(name.as_deref().unwrap_or_default())?;
        let current = turn.world.current();
        let before = current.auth.group(&group_id);
        if policy_before.is_some_and(|policy| before.map(|group| group.policy.to_value()) != Some(policy)) {
            return Err(AccountError::Group(group_id, "its policy is another by now"));
        }
        if before.is_none() && !is_group_id(&group_id) {
            return Err(AccountError::Group(group_id, "an id is 1 to 64 letters, digits, `_`, `-` or `.`"));
        }
        let mut group =
            before.map_or_else(|| Group::new(&*group_id, &group_id, Policy::default()), |g| Group::clone(g));
        group.name = name.unwrap_or(group.name);
        match policy {
            Some(policy) => (group.policy, group.unreadable) = (policy, None),
            // What cannot be read is kept as its author wrote it, and this would write nothing in its place.
            None if group.unreadable.is_some() => {
                return Err(AccountError::Group(group_id, "its policy cannot be read: give another"));
            }
            None => {}
        }
        turn.on(group.id.as_str());
        turn.with(json!({
            "name": group.name,
            "policy": group.policy.to_value(),
            "policy_before": before.map(|before| before.policy.to_value()),
        }));
        self.commit(&mut turn, vec![Change::Put(Box::new(Record::Group(GroupRecord::of(&group))))]).await?;
        turn.change_rights(|edit| edit.set_group(group));
        Ok(())
    }

    /// Removes a group that nobody is in.
    ///
    /// # Errors
    /// [`AccountError::UnknownGroup`], [`AccountError::Group`], [`AccountError::Store`].
    pub async fn remove_group(&self, request: Authorized<RemoveGroup>) -> Result<(), AccountError> {
        let (mut turn, _, RemoveGroup { group_id }) = self.begin(request).await?;
        let current = turn.world.current();
        let group = current.auth.group(&group_id).ok_or_else(|| AccountError::UnknownGroup(group_id.clone()))?;
        if group.system_generated {
            return Err(AccountError::Group(group_id, "it is fixed"));
        }
        if current.auth.users().any(|user| user.group_ids.contains(&group.id)) {
            return Err(AccountError::Group(group_id, "it has members"));
        }
        turn.on(group_id.as_str());
        turn.with(json!({"name": group.name, "policy_before": group.policy.to_value()}));
        self.commit(&mut turn, vec![Change::Delete(RecordKind::Group, group_id)]).await?;
        turn.change_rights(|edit| edit.remove_group(&group.id));
        Ok(())
    }

    /// Puts a user into a group, or says anew when the membership counts. Returns the user.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::SystemGenerated`], [`AccountError::UnknownGroup`],
    /// [`AccountError::Store`].
    pub async fn set_member(&self, request: Authorized<SetMember>) -> Result<UserInfo, AccountError> {
        let (mut turn, principal, SetMember { group_id, user_id, condition }) = self.begin(request).await?;
        let mut user = self.changeable_user(&user_id)?;
        let group_ids = self.known_groups(vec![group_id])?;
        for group_id in group_ids {
            if condition == Condition::default() {
                user.conditions.remove(&group_id);
            } else {
                user.conditions.insert(group_id.clone(), condition.clone());
            }
            if !user.group_ids.contains(&group_id) {
                user.group_ids.push(group_id);
            }
        }
        self.put_user(&mut turn, user.clone(), None, "user_updated", principal.user_id().cloned()).await?;
        Ok(self.user_info(&user))
    }

    /// Takes a user out of a group. Returns the user.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::SystemGenerated`]; [`AccountError::UnknownGroup`] if they are not in
    /// it; [`AccountError::Store`].
    pub async fn remove_member(&self, request: Authorized<RemoveMember>) -> Result<UserInfo, AccountError> {
        let (mut turn, principal, RemoveMember { group_id, user_id }) = self.begin(request).await?;
        let mut user = self.changeable_user(&user_id)?;
        if !user.group_ids.iter().any(|id| id.as_str() == group_id) {
            return Err(AccountError::UnknownGroup(group_id));
        }
        user.group_ids.retain(|id| id.as_str() != group_id);
        user.conditions.remove(group_id.as_str());
        self.put_user(&mut turn, user.clone(), None, "user_updated", principal.user_id().cloned()).await?;
        Ok(self.user_info(&user))
    }
}

fn is_group_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
