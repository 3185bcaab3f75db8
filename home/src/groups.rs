//! Groups and their policies.

use auth_core::{Authorized, Group};
use service_bus::World;
use store::{Change, GroupRecord, Record, RecordKind};

use crate::{AccountError, Home, RemoveGroup, SetGroup};

impl Home {
    /// Adds a group or changes its name and policy. What its members may do changes before this returns.
    ///
    /// # Errors
    /// [`AccountError::Group`] for one of the three fixed groups, [`AccountError::Store`].
    pub async fn set_group(&self, request: Authorized<SetGroup>) -> Result<(), AccountError> {
        let (mut changes, _, SetGroup { group }) = self.begin(request).await?;
        if Group::is_system_id(group.id.as_str()) {
            return Err(AccountError::Group(group.id.to_string(), "it is fixed"));
        }
        self.commit(vec![Change::Put(Box::new(Record::Group(GroupRecord::of(&group))))]).await?;
        let current = changes.world.current();
        let mut edit = Self::edit_rights(&current);
        edit.set_group(group);
        changes.world.replace(World { auth: edit.finish(), ..World::clone(&current) });
        Ok(())
    }

    /// Removes a group that nobody is in.
    ///
    /// # Errors
    /// [`AccountError::UnknownGroup`], [`AccountError::Group`], [`AccountError::Store`].
    pub async fn remove_group(&self, request: Authorized<RemoveGroup>) -> Result<(), AccountError> {
        let (mut changes, _, RemoveGroup { group_id }) = self.begin(request).await?;
        let current = changes.world.current();
        let group = current.auth.group(&group_id).ok_or_else(|| AccountError::UnknownGroup(group_id.clone()))?;
        if group.system_generated {
            return Err(AccountError::Group(group_id, "it is fixed"));
        }
        if current.auth.users().any(|user| user.group_ids.contains(&group.id)) {
            return Err(AccountError::Group(group_id, "it has members"));
        }
        self.commit(vec![Change::Delete(RecordKind::Group, group_id)]).await?;
        let mut edit = Self::edit_rights(&current);
        edit.remove_group(&group.id);
        changes.world.replace(World { auth: edit.finish(), ..World::clone(&current) });
        Ok(())
    }
}
