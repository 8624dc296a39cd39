//! Starts a sandbox and says how to reach it, until it is interrupted.

use ood_k8s_sandbox::Sandbox;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sandbox = Sandbox::start();
    let folder = std::env::temp_dir().join(format!("ood-k8s-sandbox-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let kubeconfig = folder.join("kubeconfig");
    std::fs::write(&kubeconfig, sandbox.kubeconfig(sandbox.admin_token()))?;
    println!("{}\nexport KUBECONFIG={}", sandbox.url(), kubeconfig.display());
    tokio::signal::ctrl_c().await?;
    std::fs::remove_dir_all(&folder)
}
