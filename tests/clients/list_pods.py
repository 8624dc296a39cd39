"""Lists pods with one of Python's clients: CLIENT KUBECONFIG NAMESPACE."""

import asyncio
import sys


def kubernetes(path, namespace):
    from kubernetes import client, config

    config.load_kube_config(config_file=path)
    return client.CoreV1Api().list_namespaced_pod(namespace).items


def kubernetes_asyncio(path, namespace):
    from kubernetes_asyncio import client, config

    async def pods():
        await config.load_kube_config(config_file=path)
        async with client.ApiClient() as api:
            return (await client.CoreV1Api(api).list_namespaced_pod(namespace)).items

    return asyncio.run(pods())


def kr8s(path, namespace):
    import kr8s

    return list(kr8s.get("pods", namespace=namespace, api=kr8s.api(kubeconfig=path)))


def lightkube(path, namespace):
    from lightkube import Client, KubeConfig
    from lightkube.resources.core_v1 import Pod

    client = Client(config=KubeConfig.from_file(path).get())
    return list(client.list(Pod, namespace=namespace))


def pykube_ng(path, namespace):
    import pykube

    api = pykube.HTTPClient(pykube.KubeConfig.from_file(path))
    return list(pykube.Pod.objects(api).filter(namespace=namespace))


CLIENTS = {
    "kubernetes": kubernetes,
    "kubernetes_asyncio": kubernetes_asyncio,
    "kr8s": kr8s,
    "lightkube": lightkube,
    "pykube-ng": pykube_ng,
}

name, kubeconfig, where = sys.argv[1:]
print(len(CLIENTS[name](kubeconfig, where)), "pods")
