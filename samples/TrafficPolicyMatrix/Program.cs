using Netfilter.Sim.Kubernetes.Questions;

// Who reaches a Service, and whose address the pod sees: policy by client by place of the endpoints.
Console.Write(PolicyMatrix.Render(PolicyMatrix.Create()));
