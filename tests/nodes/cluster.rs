//! A PostgreSQL that may be stopped.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A cluster of its own, gone when dropped.
pub(crate) struct Cluster {
    pub(crate) url: String,
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// Starts one with the programs that `scripts/postgres` found, if the test runs under it.
    pub(crate) fn start() -> Option<Self> {
        let Ok(binaries) = std::env::var("OAUTH_DCR_POSTGRES_BIN") else {
            assert!(std::env::var("CI").is_err(), "CI tests PostgreSQL: run this under scripts/postgres");
            crate::tell(
                "a PostgreSQL that stops is left out; `scripts/postgres cargo test --test nodes` tests it too",
            );
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("oauth-dcr-nodes-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let cluster = Self { url, binaries: binaries.into(), folder, port };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&cluster.folder));
        }
        let mut initdb = cluster.command("initdb");
        run(initdb.args(["-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"]));
        cluster.go_on();
        Some(cluster)
    }

    /// Stops it: `immediate` as if it had crashed, `fast` in good order.
    pub(crate) fn stop(&self, mode: &str) {
        run(self.command("pg_ctl").args(["-m", mode, "-w", "stop"]));
    }

    pub(crate) fn go_on(&self) {
        let folder = self.folder.display();
        let settings = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={folder} -c max_connections=100",
            self.port
        );
        let log = self.folder.join("log");
        run(self.command("pg_ctl").arg("-l").arg(log).args(["-w", "-t", "60", "-o", &settings, "start"]));
    }

    /// A program of PostgreSQL about this cluster. They refuse to run as root.
    fn command(&self, program: &str) -> Command {
        let program = self.binaries.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder).arg("-D").arg(self.folder.join("data"));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.command("pg_ctl").args(["-m", "immediate", "-w", "stop"]).output();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|own| own.uid() == 0)
}

#[track_caller]
fn run(command: &mut Command) {
    // What is inherited would keep the output of the test open for as long as the cluster lives.
    let status =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
}
