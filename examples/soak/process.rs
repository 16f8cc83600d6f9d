//! A server that runs beside, and how large it is.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::interval;

/// A process that is killed when it is dropped.
pub(crate) struct Process {
    _child: Child,
    id: u32,
    pub(crate) address: SocketAddr,
}

/// What a process holds at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) resident_kib: u64,
    pub(crate) descriptors: usize,
}

impl Process {
    /// Starts a program that says where it listens in its first line.
    pub(crate) async fn start(program: &Path, arguments: &[&str], folder: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let unusual = || io::Error::other("the server does not say where it listens");
        let mut lines = BufReader::new(child.stdout.take().ok_or_else(unusual)?).lines();
        let line = lines.next_line().await?.ok_or_else(unusual)?;
        // It must be able to say more.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let address = line.rsplit("http://").next().and_then(|address| address.parse().ok());
        Ok(Self { id: child.id().ok_or_else(unusual)?, address: address.ok_or_else(unusual)?, _child: child })
    }

    /// What it holds now. Linux tells.
    pub(crate) fn held(&self) -> io::Result<Held> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let resident =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let resident = resident.and_then(|number| number.parse().ok());
        Ok(Held {
            resident_kib: resident.ok_or_else(|| io::Error::other("the server is gone"))?,
            descriptors: fs::read_dir(format!("/proc/{}/fd", self.id))?.count(),
        })
    }

    /// What it holds, every second for so many.
    pub(crate) async fn watch(&self, seconds: u64) -> io::Result<Vec<Held>> {
        let (mut ticks, mut seen) = (interval(Duration::from_secs(1)), Vec::new());
        for _ in 0..seconds {
            ticks.tick().await;
            seen.push(self.held()?);
        }
        Ok(seen)
    }

    /// What it holds when nobody asks it any more.
    pub(crate) async fn rested(&self) -> io::Result<Held> {
        let seen = self.watch(4).await?;
        seen.last().copied().ok_or_else(|| io::Error::other("nothing was seen"))
    }
}
