using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Questions;

/// <summary>A cell of the policy matrix.</summary>
/// <param name="Policy">The internal policy for the cluster IP, the external one for the node port.</param>
/// <param name="Address">What is called: <c>cluster IP</c> or <c>node port</c>, always of the node named entry.</param>
/// <param name="Endpoints">Where the endpoints are: <c>entry</c>, <c>other</c>, <c>both</c>, <c>none</c>.</param>
/// <param name="Client">Where the client is.</param>
/// <param name="Fate">What becomes of its connections, the likeliest first.</param>
public sealed record PolicyCell(TrafficPolicy Policy, string Address, string Endpoints, string Client, string Fate);
