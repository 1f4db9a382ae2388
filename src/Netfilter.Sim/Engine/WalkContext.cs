using Netfilter.Sim.Determinism;
using Netfilter.Sim.Packets;
using Netfilter.Sim.State;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Engine;

/// <summary>
/// One walk: everything a packet's way through the host needs besides the packet. Made once per namespace and used again
/// for every walk; a walk never runs inside another, but packets of one walk do (REJECT's answer inside FORWARD).
/// </summary>
internal sealed partial class WalkContext(NetworkNamespace host)
{
    private WalkRecorder? _lives;
    private Fate _blame;
    private string? _rejection;

    /// <summary>The namespace that the packet is in.</summary>
    public NetworkNamespace Host { get; } = host;

    /// <summary>Nanoseconds since 1970 by the namespace's clock, read once when the walk begins.</summary>
    public long NowNanoseconds { get; private set; }

    /// <summary>Who answers questions of chance.</summary>
    public INetfilterChance Chance => Host.Chance;

    /// <summary>The states of rules and named objects.</summary>
    public RuleStateStore States => Host.States;

    /// <summary>What takes the packets that leave.</summary>
    public IPacketSink Sink { get; private set; } = DiscardingSink.Instance;

    /// <summary>Who is told of every step; null when nobody is.</summary>
    public WalkRecorder? Recorder { get; private set; }

    /// <summary>Whether chains are scanned rule by rule where an index would do.</summary>
    public bool IsLinear { get; private set; }

    /// <summary>Whether TEE is sending a copy, of which no copies are made (<c>current-&gt;in_nf_duplicate</c>).</summary>
    public bool IsDuplicating { get; set; }

    /// <summary>Number of the packet life that is under way; −1 outside of a walk.</summary>
    public int CurrentLife { get; private set; } = -1;

    /// <summary>Number of packet lives so far in this walk.</summary>
    public int LifeCount { get; private set; }

    /// <summary>The fate of the walk's first packet; final when the walk has ended.</summary>
    public Fate FirstFate { get; private set; }

    /// <summary>Where packets go back to from chains.</summary>
    public JumpStack Jumps { get; } = new();

    /// <summary>Begins a walk.</summary>
    public void Begin(long nowNanoseconds, IPacketSink sink, WalkRecorder? recorder = null, bool isLinear = false)
    {
        (NowNanoseconds, Sink, IsLinear) = (nowNanoseconds, sink, isLinear);
        (_lives, Recorder) = (recorder, recorder is { KeepsSteps: true } ? recorder : null);
        (CurrentLife, LifeCount, FirstFate, _blame, _rejection) = (-1, 0, default, default, null);
        Jumps.CutTo(0);
    }

    /// <summary>Ends a walk: forgets who watched, so that nothing is kept alive.</summary>
    public void End()
    {
        (Sink, Recorder, _lives, CurrentLife) = (DiscardingSink.Instance, null, null, -1);
        Conntrack.EndWalk();
    }

    /// <summary>A packet begins to exist in this host: received, sent, made by a rule, copied, reassembled, looped back.</summary>
    /// <returns>The life that was under way, to be given back to <see cref="EndLife"/>.</returns>
    public int BeginLife(LifeCause cause, PacketBuffer packet)
    {
        int outer = CurrentLife;
        CurrentLife = LifeCount++;
        _lives?.BeginLife(CurrentLife, outer, cause, packet);
        return outer;
    }

    /// <summary>A packet's way has ended.</summary>
    public void EndLife(int outer, in Fate fate)
    {
        if (CurrentLife == 0)
        {
            FirstFate = fate;
        }
        _lives?.EndLife(CurrentLife, fate);
        CurrentLife = outer;
        _blame = default;
    }

    /// <summary>
    /// Says why the function that is about to return <see cref="Verdict.Drop"/>, <see cref="Verdict.Stolen"/> or
    /// <see cref="Verdict.Unknown"/> does so. The first word counts: an outer function does not overwrite the reason, it
    /// only adds the rule that was at work when the inner one did not know it.
    /// </summary>
    public void Blame(in Fate fate)
    {
        if (_blame.Kind == FateKind.None)
        {
            _blame = fate;
        }
        else if (!_blame.Place.IsSomewhere)
        {
            _blame = _blame with { Place = fate.Place };
        }
    }

    /// <summary>
    /// A target that is about to drop the packet has answered its sender; called after the answer has gone.
    /// </summary>
    /// <param name="with">The answer, as <c>--reject-with</c> names it.</param>
    public void NoteRejection(string with) => _rejection = with;

    /// <summary>The answer that was noted, if any; forgets it.</summary>
    public string? TakeRejection()
    {
        string? rejection = _rejection;
        _rejection = null;
        return rejection;
    }

    /// <summary>The fate that follows from a verdict, with the reason that <see cref="Blame"/> was given; forgets the reason.</summary>
    public Fate TakeFate(Verdict verdict)
    {
        Fate fate = _blame;
        _blame = default;
        return fate.Kind != FateKind.None ? fate : verdict switch
        {
            Verdict.Stolen => Fate.Held("taken over"),
            Verdict.Queue => Fate.Dropped("queued, and nobody listens"),
            Verdict.Unknown => Fate.Unknown("not modelled"),
            _ => Fate.Dropped("dropped"),
        };
    }
}
