namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>Gives out node ports, 30000 to 32767.</summary>
/// <remarks>Kubernetes draws them at random from the part above 30086 first; here the next free one is given.</remarks>
public sealed class NodePortPool
{
    private const int First = 30000;
    private const int FirstDynamic = 30086;
    private const int Last = 32767;

    private readonly HashSet<int> _taken = [];

    /// <summary>Takes a given port.</summary>
    /// <param name="port">The port.</param>
    /// <returns>False when it is outside the range or taken.</returns>
    public bool TryTake(int port) => port is >= First and <= Last && _taken.Add(port);

    /// <summary>Puts a port back.</summary>
    /// <param name="port">The port.</param>
    public void Release(int port) => _taken.Remove(port);

    /// <summary>Gives the next free port.</summary>
    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public int Next()
    {
        for (int i = 0; i <= Last - First; i++)
        {
            int port = First + ((FirstDynamic - First + i) % (Last - First + 1));
            if (_taken.Add(port))
            {
                return port;
            }
        }
        throw new InvalidOperationException("No node port is left.");
    }
}
