namespace Netfilter.Sim.Conntrack;

/// <summary>Is told of connections that begin, change and end, as a subscriber of ctnetlink's groups is.</summary>
internal interface IConntrackListener
{
    /// <summary>Something happened to a connection, which can be read during the call.</summary>
    /// <param name="events">What; with <see cref="ConntrackEvents.New"/> or <see cref="ConntrackEvents.Related"/> it has begun.</param>
    /// <param name="id">The connection.</param>
    /// <param name="tracker">Knows it.</param>
    void OnConnection(ConntrackEvents events, int id, ConnectionTracker tracker);

    /// <summary>A connection was announced, or is not expected any more; one that has come is not told of.</summary>
    void OnExpectation(bool isNew, Expectation expectation, ConnectionTracker tracker);
}
