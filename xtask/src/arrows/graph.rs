//! Which package needs which, as cargo resolved it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// Packages by id, and what each needs to run: neither for its tests nor to be built.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    packages: BTreeMap<String, Package>,
}

#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) is_member: bool,
    /// Code that runs in the compiler: what it needs is in nobody's program.
    is_proc_macro: bool,
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    /// Names of the dependencies that the manifest declares, whether or not they are switched on here.
    pub(crate) declared: BTreeSet<String>,
    /// Ids of the packages that it was resolved to need.
    needs: BTreeSet<String>,
}

impl Graph {
    /// Reads what `cargo metadata` printed.
    pub(crate) fn from_metadata(metadata: &Value) -> Result<Self> {
        let metadata = Metadata::deserialize(metadata).context("cargo metadata has another shape than expected")?;
        let mut packages = BTreeMap::new();
        for package in metadata.packages {
            let declared = package.dependencies.into_iter().filter(|d| d.kind.as_deref() != Some("dev"));
            packages.insert(
                package.id.clone(),
                Package {
                    is_member: metadata.workspace_members.contains(&package.id),
                    is_proc_macro: package.targets.iter().any(|target| target.kind.contains("proc-macro")),
                    folder: package.manifest_path.parent().map(PathBuf::from).unwrap_or_default(),
                    declared: declared.map(|dependency| dependency.name).collect(),
                    name: package.name,
                    needs: BTreeSet::new(),
                },
            );
        }
        for node in metadata.resolve.context("cargo metadata resolved nothing")?.nodes {
            let runs = |dep: &MetaDep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none());
            if let Some(package) = packages.get_mut(&node.id) {
                package.needs = node.deps.into_iter().filter(runs).map(|dep| dep.pkg).collect();
            }
        }
        Ok(Self { packages })
    }

    /// Iterates over the packages of the workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|package| package.is_member)
    }

    /// Returns the member with a name.
    pub(crate) fn member(&self, name: &str) -> Option<&Package> {
        self.members().find(|package| package.name == name)
    }

    /// Returns the names of all that `package` needs, and what those need, each with the chain of names that leads
    /// there. Compiler plug-ins are left out with all that they need.
    pub(crate) fn closure(&self, package: &Package) -> BTreeMap<String, Vec<String>> {
        let mut found = BTreeMap::new();
        let mut open = vec![(package, vec![package.name.clone()])];
        let mut seen = BTreeSet::new();
        while let Some((package, chain)) = open.pop() {
            for id in &package.needs {
                let Some(next) = self.packages.get(id) else { continue };
                if next.is_proc_macro || !seen.insert(id) {
                    continue;
                }
                let mut chain = chain.clone();
                chain.push(next.name.clone());
                found.entry(next.name.clone()).or_insert_with(|| chain.clone());
                open.push((next, chain));
            }
        }
        found
    }

    /// Makes a graph of members (those named first in an arrow) and others, for tests.
    #[cfg(test)]
    pub(crate) fn made_up(arrows: &[(&str, &[&str])]) -> Self {
        let mut graph = Self::default();
        for (from, to) in arrows {
            for name in to.iter().chain([from]) {
                let package = Package { name: (*name).to_owned(), ..Package::default() };
                graph.packages.entry((*name).to_owned()).or_insert(package);
            }
            let package = graph.packages.get_mut(*from).unwrap();
            package.is_member = true;
            package.declared = to.iter().map(|name| (*name).to_owned()).collect();
            package.needs = package.declared.clone();
        }
        graph
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetaPackage>,
    workspace_members: BTreeSet<String>,
    resolve: Option<MetaResolve>,
}

#[derive(Deserialize)]
struct MetaPackage {
    id: String,
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<MetaDependency>,
    targets: Vec<MetaTarget>,
}

#[derive(Deserialize)]
struct MetaDependency {
    name: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct MetaTarget {
    kind: BTreeSet<String>,
}

#[derive(Deserialize)]
struct MetaResolve {
    nodes: Vec<MetaNode>,
}

#[derive(Deserialize)]
struct MetaNode {
    id: String,
    deps: Vec<MetaDep>,
}

#[derive(Deserialize)]
struct MetaDep {
    pkg: String,
    dep_kinds: Vec<MetaKind>,
}

#[derive(Deserialize)]
struct MetaKind {
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_is_read_without_what_only_tests_and_builds_need() {
        let package = |name: &str, kind: &str, dependencies: Value| {
            json!({"id": name, "name": name, "manifest_path": format!("/w/{name}/Cargo.toml"),
                "dependencies": dependencies, "targets": [{"kind": [kind]}]})
        };
        let dep = |name: &str, kind: Value| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let node = |name: &str, deps: Value| json!({"id": name, "deps": deps});
        let metadata = json!({
            "packages": [
                package("a", "lib", json!([{"name": "b", "kind": null}, {"name": "t", "kind": "dev"}])),
                package("b", "lib", json!([])),
                package("m", "proc-macro", json!([])),
                package("t", "lib", json!([])),
                package("c", "lib", json!([])),
            ],
            "workspace_members": ["a"],
            "resolve": {"nodes": [
                node("a", json!([dep("b", json!(null)), dep("t", json!("dev"))])),
                node("b", json!([dep("m", json!(null)), dep("c", json!(null)), dep("t", json!("build"))])),
                node("m", json!([dep("t", json!(null))])),
            ]},
        });
        let graph = Graph::from_metadata(&metadata).unwrap();
        let a = graph.member("a").unwrap();
        assert_eq!(a.declared, BTreeSet::from(["b".to_owned()]));
        assert_eq!(a.folder, PathBuf::from("/w/a"));
        let closure = graph.closure(a);
        assert_eq!(closure.keys().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(closure["c"], ["a", "b", "c"]);
        assert!(graph.member("b").is_none());
        assert!(Graph::from_metadata(&json!({})).is_err());
    }
}
