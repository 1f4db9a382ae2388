using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>The names of the chains of a service port.</summary>
/// <remarks>pkg/proxy/iptables/proxier.go portProtoHash, servicePortEndpointChainName: sixteen base-32 characters of
/// SHA-256, the same for all four chains of a service port.</remarks>
public readonly record struct ServiceChains
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private readonly string _hashInput;

    /// <summary>Names the chains of a service port.</summary>
    /// <param name="name">The service port.</param>
    public ServiceChains(ServicePortName name)
    {
        _hashInput = name.NameText + name.ProtocolText;
        string hash = Hash(_hashInput);
        ClusterPolicy = "KUBE-SVC-" + hash;
        LocalPolicy = "KUBE-SVL-" + hash;
        Firewall = "KUBE-FW-" + hash;
        External = "KUBE-EXT-" + hash;
    }

    /// <summary>The chain that spreads over endpoints on all nodes (<c>KUBE-SVC-</c>).</summary>
    public string ClusterPolicy { get; }

    /// <summary>The chain that spreads over this node's endpoints (<c>KUBE-SVL-</c>).</summary>
    public string LocalPolicy { get; }

    /// <summary>The chain that checks a load balancer's sources (<c>KUBE-FW-</c>).</summary>
    public string Firewall { get; }

    /// <summary>The chain traffic from outside enters by (<c>KUBE-EXT-</c>).</summary>
    public string External { get; }

    /// <summary>The chain of one endpoint (<c>KUBE-SEP-</c>).</summary>
    /// <param name="endpoint">Address and port, as <see cref="EndpointInfo.Text"/>.</param>
    public string Endpoint(string endpoint) => "KUBE-SEP-" + Hash(_hashInput + endpoint);

    private static string Hash(string input)
    {
        Span<byte> bytes = stackalloc byte[256];
        int length = Encoding.UTF8.GetMaxByteCount(input.Length);
        bytes = length <= bytes.Length ? bytes : new byte[length];
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(input, bytes)], digest);
        return string.Create(16, BinaryPrimitives.ReadUInt128BigEndian(digest), static (text, bits) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = Alphabet[(int)(bits >> (123 - (5 * i))) & 31];
            }
        });
    }
}
