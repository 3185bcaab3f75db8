//! `schemathesis`: requests that nobody thought of, made from the API's own description, as everybody.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};

use crate::{
    demo_hub::DemoHub,
    output::say,
    steps::Done,
    workspace::{self, Workspace, succeeds},
};

const PACKAGE: &str = "schemathesis";
const VERSION: &str = "4.32.5";
/// What it cannot know, from the root of the repository.
const CHECKS: &str = "hub/tests/schemathesis";
/// Requests for each operation, beside those that cover every keyword of its schemas.
const EXAMPLES: &str = "10";

/// Who asks: nobody, somebody who may use one light, an administrator, the owner.
const ROLES: [&str; 4] = ["none", "kitchen", "admin", "owner"];

/// Installs schemathesis below `target`, unless it is there, and runs it as everybody, each on a hub of its own: what one
/// does away with is not missed by the next.
pub(crate) fn run(workspace: &Workspace) -> Result<Done> {
    let python = ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"];
    if !succeeds(Command::new("python3").args(python)) {
        return Ok(Done::LeftOut("there is no Python 3.10 or newer".to_owned()));
    }
    let folder = workspace.target_directory()?.join(PACKAGE);
    if !is_installed(&folder) {
        let venv = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
        let mut pip = Command::new(folder.join("bin").join("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", &format!("{PACKAGE}=={VERSION}")]);
        if !venv.is_ok_and(|status| status.success()) || !succeeds(&mut pip) {
            return Ok(Done::LeftOut(format!("{PACKAGE} {VERSION} cannot be installed")));
        }
    }
    for role in ROLES {
        say(format_args!("# as {role}"));
        let hub = DemoHub::start_with_assertions(workspace)?;
        let token = if role == "none" { None } else { Some(hub.token(role)?) };
        workspace::run(&mut schemathesis(workspace, &folder, &hub, role, token.as_deref())?)?;
    }
    // The checks find what there is to find: the owner's answers, taken for those of somebody who may see one light.
    say("# as somebody who is shown too much");
    let hub = DemoHub::start_with_assertions(workspace)?;
    let token = hub.token("owner")?;
    for (path, check) in [("/api/states", "nothing_forbidden_is_shown"), ("/api/doorward/users", "access_is_kept")] {
        let mut fails = schemathesis(workspace, &folder, &hub, "kitchen", Some(&token))?;
        let said = fails.args(["--include-method", "GET", "--include-path", path, "--checks", check]).output()?;
        let said = String::from_utf8_lossy(&said.stdout);
        ensure!(
            said.contains("kitchen is shown") || said.contains("kitchen was let in"),
            "`{check}` finds nothing: {said}"
        );
    }
    Ok(Done::Passed)
}

fn schemathesis(
    workspace: &Workspace,
    folder: &Path,
    hub: &DemoHub,
    role: &str,
    token: Option<&str>,
) -> Result<Command> {
    let document = folder.join("openapi.json");
    let printed = Command::new(workspace.target_directory()?.join("debug").join("doorward")).arg("openapi").output()?;
    ensure!(printed.status.success(), "`doorward openapi` failed");
    fs::write(&document, printed.stdout)?;
    let mut command = Command::new(folder.join("bin").join(PACKAGE));
    command.current_dir(folder).arg("--no-color");
    if let Some(token) = token {
        command.arg("--config-file").arg(workspace.root().join(CHECKS).join("schemathesis.toml"));
        command.env("DOORWARD_TOKEN", token);
    }
    command.arg("run").arg(&document).args(["--url", hub.url(), "--seed", "1", "-n", EXAMPLES]);
    command.args(["--phases", "coverage,fuzzing", "--continue-on-failure", "--warnings", "off"]);
    // Never ends.
    command.args(["--exclude-path", "/api/stream"]);
    // Whether a policy has mistakes, an end is after its start or a code is good is more than a schema can say.
    command.args(["--exclude-checks", "positive_data_acceptance"]);
    command.env("DOORWARD_ROLE", role).env("DOORWARD_CREDS", hub.creds()).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("PYTHONPATH", workspace.root().join(CHECKS)).env("SCHEMATHESIS_HOOKS", "doorward_checks");
    Ok(command)
}

fn is_installed(folder: &Path) -> bool {
    let program: PathBuf = folder.join("bin").join(PACKAGE);
    let version = Command::new(program).arg("--version").output();
    version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(&format!(" {VERSION}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_not_installed() {
        assert!(!is_installed(Path::new("/no/such/folder")));
    }
}
