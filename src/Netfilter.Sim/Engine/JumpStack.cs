namespace Netfilter.Sim.Engine;

/// <summary>
/// Where packets go back to: chain and rule (<c>jumpstack</c>). One for all tables of a walk, since a target may send
/// a packet that walks tables itself before the first one goes on.
/// </summary>
internal sealed class JumpStack
{
    private (int Slot, int Rule)[] _frames = new (int, int)[32];

    public int Depth { get; private set; }

    public void Push(int slot, int rule)
    {
        if (Depth == _frames.Length)
        {
            Array.Resize(ref _frames, Depth * 2);
        }
        _frames[Depth++] = (slot, rule);
    }

    public (int Slot, int Rule) Pop() => _frames[--Depth];

    public void CutTo(int depth) => Depth = depth;
}
