// Lists pods with @kubernetes/client-node: KUBECONFIG NAMESPACE.
import * as k8s from "@kubernetes/client-node";

const [kubeconfig, namespace] = process.argv.slice(2);
const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);
const pods = await config.makeApiClient(k8s.CoreV1Api).listNamespacedPod({ namespace });
console.log(pods.items.length, "pods");
