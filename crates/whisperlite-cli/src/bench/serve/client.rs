//! The server of a measurement, in a process of its own, and those who ask it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Deserialize;
use ureq::Agent;

/// A running `whisperlite serve`; ends with this.
pub(in crate::bench) struct Server {
    child: Child,
    url: String,
}

#[derive(Deserialize)]
struct Announced {
    url: String,
}

impl Server {
    /// Starts a server of the store in `dir`, and waits until it answers.
    pub(in crate::bench) fn start(dir: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
        command.arg("--json").arg("serve").arg(dir).args(["--port", "0", "--log-level", "off"]);
        let mut child = command.stdout(Stdio::piped()).spawn().context("the server cannot be started")?;
        let said = child.stdout.take().context("the server says nothing")?;
        let mut server = Self { child, url: String::new() };
        let (mut said, mut announced) = (BufReader::new(said), String::new());
        while !announced.ends_with("}\n") {
            ensure!(said.read_line(&mut announced)? != 0, "the server ended before it answered");
        }
        server.url = serde_json::from_str::<Announced>(&announced).context("the server does not say where it is")?.url;
        Ok(server)
    }

    /// The process.
    pub(in crate::bench) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Somebody with a connection of their own, who asks a path with bodies of JSON and says with what status it was answered; 0 for
    /// no answer at all.
    pub(in crate::bench) fn client<'s>(
        &'s self,
        path: &str,
        body: impl Fn(u64) -> String + 's,
    ) -> impl FnMut(u64) -> u16 + 's {
        let settings =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
        let (agent, address) = (Agent::from(settings.build()), format!("{}{path}", self.url));
        move |number| {
            let sent = agent.post(&address).header("content-type", "application/json").send(body(number));
            let Ok(mut response) = sent else { return 0 };
            // Read to the end, or the connection is not used again.
            match response.body_mut().read_to_vec() {
                Ok(_) => response.status().as_u16(),
                Err(_) => 0,
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It holds nothing that a kill would lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
