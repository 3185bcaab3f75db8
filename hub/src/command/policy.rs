//! `doorward policy`: the engine on files, or on a home.

use std::path::Path;

use anyhow::{Context, Result, bail};
use auth_core::{AuthSnapshot, Permission, Rights, User, principal::danger};
use home::ListUsers;

use super::{
    accounts::{at_machine, find, read_policy},
    open_home,
};
use crate::{
    cli::{Area, Policy},
    output,
};

pub(crate) async fn run(command: Policy) -> Result<()> {
    match command {
        Policy::Validate { file } => {
            read_policy(&file)?;
            output::line("valid");
        }
        Policy::Merge { files } => {
            let policies = files.iter().map(|file| read_policy(file)).collect::<Result<Vec<_>>>()?;
            output::line(policy_merge::merge(&policies));
        }
        Policy::Diff { before, after } => {
            for change in policy_merge::diff(&read_policy(&before)?, &read_policy(&after)?) {
                output::line(change);
            }
        }
        Policy::Check { policy, data, user, entity, permission } => {
            let permission = parse(&permission)?;
            let granted = match (policy, data, user) {
                (_, Some(data), Some(user)) => {
                    of_user(&data, &user, |rights| rights.check(&entity, permission)).await?
                }
                (Some(policy), data, _) => of_policy(&policy, data.as_deref(), &entity, permission).await?,
                (None, ..) => bail!("give --policy FILE, or --data DIR and --user USER"),
            };
            if !granted {
                bail!("denied");
            }
            output::line("granted");
        }
        Policy::Explain { data, user, entity, permission } => {
            let permission = parse(&permission)?;
            output::line(of_user(&data, &user, |rights| rights.explain(&entity, permission).to_string()).await?);
        }
        Policy::WhoCan { data, entity, permission } => {
            let permission = parse(&permission)?;
            let home = open_home(&data, Area::Own).await?;
            let users = home.users(&home.bus().authorize(&at_machine(), ListUsers {})?);
            let world = home.bus().world();
            for info in users {
                let principal = danger::user_principal(&info.user.id, None);
                let explanation = world.auth.rights(&principal).explain(&entity, permission);
                if explanation.is_granted() {
                    let name = info.username.or(info.user.name).unwrap_or_else(|| info.user.id.to_string());
                    output::line(format!("{name}: {explanation}"));
                }
            }
        }
    }
    Ok(())
}

fn parse(permission: &str) -> Result<Permission> {
    permission.parse().with_context(|| format!("`{permission}`"))
}

async fn of_user<T>(data: &Path, user: &str, answer: impl FnOnce(Rights<'_>) -> T) -> Result<T> {
    let home = open_home(data, Area::Own).await?;
    let principal = danger::user_principal(&find(&home, user)?.user.id, None);
    let world = home.bus().world();
    Ok(answer(world.auth.rights(&principal)))
}

/// Checks a policy by itself; devices and areas are those of a home, if one is given.
async fn of_policy(policy: &Path, data: Option<&Path>, entity: &str, permission: Permission) -> Result<bool> {
    let policy = read_policy(policy)?;
    let snapshot = match data {
        Some(data) => open_home(data, Area::Own).await?.bus().world().auth.clone(),
        None => AuthSnapshot::default(),
    };
    let mut edit = snapshot.edit();
    edit.set_group(auth_core::Group::new("candidate", "candidate", policy));
    edit.set_user(User { group_ids: vec!["candidate".into()], ..User::new("candidate", "candidate") });
    let snapshot = edit.finish();
    let principal = danger::user_principal(&"candidate".into(), None);
    Ok(snapshot.rights(&principal).check(entity, permission))
}
