using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack.Helpers;

namespace Netfilter.Sim.Conntrack;

// Connections that others announce (nf_conntrack_expect.c).
internal sealed partial class ConnectionTracker
{
    // The newest first, as the kernel's chains are.
    private readonly List<Expectation> _expectations = [];
    private readonly List<(ConnectionTuple Tuple, int Master)> _greKeys = [];

    /// <summary>The expectations that have not expired, the newest first.</summary>
    public IEnumerable<Expectation> Expectations(uint now) =>
        _expectations.Where(expectation => unchecked((int)(expectation.Deadline - now)) > 0);

    /// <summary>How many expectations a connection has.</summary>
    public int ExpectationsOf(int master) => _expectations.Count(expectation => expectation.Master == master);

    /// <summary>Announces a connection (<c>nf_ct_expect_related</c>).</summary>
    /// <param name="expectation">What is expected; its deadline is set here.</param>
    /// <param name="now">The kernel's clock.</param>
    /// <param name="anyMaster">Whether the same expectation of another connection is replaced, too.</param>
    public ExpectationResult Expect(Expectation expectation, uint now, bool anyMaster = false)
    {
        if (!_table.HasExtension(expectation.Master) || _table.ReadExtension(expectation.Master).Helper is not { } helper)
        {
            return ExpectationResult.NoHelper;
        }
        ForgetExpired(now);
        ConntrackZone zone = _table.Read(expectation.Master).Zone;
        for (int i = 0; i < _expectations.Count; i++)
        {
            Expectation other = _expectations[i];
            if (_table.Read(other.Master).ZoneId != zone.Id)
            {
                continue;
            }
            if (other.IsSameAs(expectation) && (anyMaster || other.Master == expectation.Master))
            {
                if (other.Class != expectation.Class || other.Master != expectation.Master)
                {
                    return ExpectationResult.Already;
                }
                ForgetExpectation(i);
                break;
            }
            if (other.ClashesWith(expectation))
            {
                return ExpectationResult.Busy;
            }
        }
        if (!MakeRoomFor(expectation, helper) || _expectations.Count >= Settings.ExpectMax)
        {
            return ExpectationResult.TooMany;
        }
        int seconds = helper.PolicyOf(expectation.Class).TimeoutSeconds;
        Expectation added = expectation with { Deadline = unchecked(now + ((uint)seconds * ConntrackSettings.Hz)) };
        _expectations.Insert(0, added);
        _table.WriteExtension(expectation.Master).Dependents++;
        TellExpectation(isNew: true, added);
        return ExpectationResult.Added;
    }

    /// <summary>Whether an expectation would find its place taken by another's (<c>nf_ct_expect_find_get</c>).</summary>
    public Expectation? FindExpectation(in ConnectionTuple tuple, ConntrackZone zone, uint now)
    {
        foreach (Expectation expectation in _expectations)
        {
            if (unchecked((int)(expectation.Deadline - now)) > 0 && expectation.Accepts(tuple)
                && _table.Read(expectation.Master).ZoneId == zone.Id)
            {
                return expectation;
            }
        }
        return null;
    }

    /// <summary>Withdraws the expectation of a connection that a tuple would meet (<c>nf_ct_unexpect_related</c>).</summary>
    public void Withdraw(int master, in ConnectionTuple tuple)
    {
        for (int i = 0; i < _expectations.Count; i++)
        {
            if (_expectations[i].Master == master && _expectations[i].Accepts(tuple))
            {
                ForgetExpectation(i);
                return;
            }
        }
    }

    /// <summary>Withdraws those expectations of a connection that are meant.</summary>
    public void Withdraw(int master, Func<Expectation, bool> isMeant, bool onlyOne)
    {
        for (int i = _expectations.Count - 1; i >= 0; i--)
        {
            if (_expectations[i].Master == master && isMeant(_expectations[i]))
            {
                ForgetExpectation(i);
                if (onlyOne)
                {
                    return;
                }
            }
        }
    }

    /// <summary>
    /// An expectation that was waiting lets connections in from now on, for a time
    /// (<c>nf_conntrack_sip.c refresh_signalling_expectation</c>).
    /// </summary>
    /// <returns>False when there is none to that address and port.</returns>
    public bool Activate(int master, NetAddress address, ushort port, uint seconds, uint now)
    {
        for (int i = 0; i < _expectations.Count; i++)
        {
            Expectation expectation = _expectations[i];
            if (expectation.Master == master && expectation.Class == 0 && expectation.Tuple.Destination == address
                && expectation.Tuple.DestinationPort == port)
            {
                uint deadline = unchecked(now + (seconds * ConntrackSettings.Hz));
                _expectations[i] = expectation with { IsInactive = false, Deadline = deadline };
                return true;
            }
        }
        return false;
    }

    /// <summary>Ends the calls of a pptp session, those that are expected and those that are there (<c>pptp_destroy_siblings</c>).</summary>
    public void ForgetCalls(int master)
    {
        ForgetGreKeys(master);
        ForgetExpectations(master);
        for (int id = 0; id < _table.Capacity; id++)
        {
            ref readonly ConnectionRecord record = ref _table.Read(id);
            if (record.IsConfirmed && record.Extension >= 0 && _table.ReadExtension(id).Master == master)
            {
                Kill(id, null);
            }
        }
    }

    /// <summary>Withdraws all expectations of a connection (<c>nf_ct_remove_expectations</c>).</summary>
    public void ForgetExpectations(int master)
    {
        for (int i = _expectations.Count - 1; i >= 0; i--)
        {
            if (_expectations[i].Master == master)
            {
                ForgetExpectation(i);
            }
        }
    }

    /// <summary>Withdraws all expectations there are.</summary>
    public void ForgetAllExpectations()
    {
        while (_expectations.Count > 0)
        {
            ForgetExpectation(_expectations.Count - 1);
        }
    }

    /// <summary>Withdraws the expectations whose time has come.</summary>
    public void ForgetExpired(uint now)
    {
        for (int i = _expectations.Count - 1; i >= 0; i--)
        {
            if (unchecked((int)(_expectations[i].Deadline - now)) <= 0)
            {
                ForgetExpectation(i);
            }
        }
    }

    /// <summary>Remembers the key that answers to a GRE tuple have (<c>nf_ct_gre_keymap_add</c>).</summary>
    public void AddGreKey(int master, in ConnectionTuple tuple) => _greKeys.Add((tuple, master));

    /// <summary>Forgets the keys of a connection (<c>nf_ct_gre_keymap_destroy</c>).</summary>
    public void ForgetGreKeys(int master) => _greKeys.RemoveAll(entry => entry.Master == master);

    /// <summary>The key that the pptp helper paired with a GRE tuple (<c>gre_keymap_lookup</c>); 0 for none.</summary>
    public ushort FindGreKey(in ConnectionTuple tuple)
    {
        foreach ((ConnectionTuple known, int _) in _greKeys)
        {
            if (known.Source == tuple.Source && known.Destination == tuple.Destination
                && known.DestinationPort == tuple.DestinationPort)
            {
                return known.SourcePort;
            }
        }
        return 0;
    }

    /// <summary>Looks for an expectation that a new connection meets, and uses it up.</summary>
    private bool TakeExpectation(int id, in ConnectionTuple tuple, ConntrackZone zone, in TrackContext context)
    {
        int index = 0;
        uint now = context.Jiffies;
        while (index < _expectations.Count && !(unchecked((int)(_expectations[index].Deadline - now)) > 0
            && !_expectations[index].IsInactive && _expectations[index].Accepts(tuple)
            && _table.Read(_expectations[index].Master).ZoneId == zone.Id))
        {
            index++;
        }
        if (index == _expectations.Count || !_table.Read(_expectations[index].Master).IsConfirmed
            || _table.Read(_expectations[index].Master).Has(ConnectionStatus.Dying))
        {
            return false;
        }
        Expectation expectation = _expectations[index];
        _table.WriteExtension(expectation.Master).Dependents++;
        if (!expectation.IsPermanent)
        {
            _expectations.RemoveAt(index);
            _table.WriteExtension(expectation.Master).Dependents--;
        }
        ref ConnectionExtension extension = ref _table.WriteExtension(id);
        extension.Master = expectation.Master;
        extension.Helper = expectation.Helper;
        ref ConnectionRecord record = ref _table.Write(id);
        record.Status |= ConnectionStatus.Expected;
        record.Mark = _table.Read(expectation.Master).Mark;
        ExpectedConnection.Begin(id, expectation, context);
        return true;
    }

    private bool MakeRoomFor(Expectation expectation, ConnectionHelper helper)
    {
        int limit = helper.PolicyOf(expectation.Class).MaxExpected;
        bool IsRival(Expectation other) => other.Master == expectation.Master && other.Class == expectation.Class;
        if (limit == 0 || _expectations.Count(IsRival) < limit)
        {
            return true;
        }
        int oldest = _expectations.FindLastIndex(IsRival);
        ForgetExpectation(oldest);
        return _expectations.Count(IsRival) < limit;
    }

    private void ForgetExpectation(int index)
    {
        Expectation expectation = _expectations[index];
        _expectations.RemoveAt(index);
        TellExpectation(isNew: false, expectation);
        ReleaseMaster(expectation.Master);
    }
}

/// <summary>What became of an announcement.</summary>
internal enum ExpectationResult : byte
{
    /// <summary>It is expected from now on.</summary>
    Added,

    /// <summary>Another connection announced just that (<c>EALREADY</c>).</summary>
    Already,

    /// <summary>It overlaps with another (<c>EBUSY</c>).</summary>
    Busy,

    /// <summary>There are too many (<c>EMFILE</c>).</summary>
    TooMany,

    /// <summary>The connection has no helper (<c>ESHUTDOWN</c>).</summary>
    NoHelper,
}
