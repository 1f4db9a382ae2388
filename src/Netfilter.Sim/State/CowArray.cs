using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Netfilter.Sim.State;

/// <summary>
/// A growable array in pages that two namespaces can share: <see cref="Fork"/> shares every page, and whoever writes a
/// shared page first takes a copy of it (D3). Reading and writing an owned page cost an index and a compare.
/// </summary>
/// <typeparam name="T">The element; plain values, or references to things that never change.</typeparam>
internal sealed class CowArray<T>
{
    private const int PageBits = 7;
    private const int PageSize = 1 << PageBits;
    private const int PageMask = PageSize - 1;

    private T[][] _pages = [];

    // Of each page whether nobody else has it. Beside the pages, so that asking costs no way through memory of its own.
    private bool[] _isOwned = [];

    /// <summary>Number of elements that have been added.</summary>
    public int Count { get; private set; }

    /// <summary>Reads an element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly T Read(int index) => ref Element(index);

    /// <summary>Gives an element to write to; takes a copy of its page first when a fork shares it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Write(int index)
    {
        if (!_isOwned[index >> PageBits])
        {
            TakeCopy(index >> PageBits);
        }
        return ref Element(index);
    }

    /// <summary>Appends elements of the default value.</summary>
    /// <returns>The index of the first.</returns>
    public int Add(int count = 1)
    {
        int first = Count;
        Count += count;
        int pagesNeeded = (Count + PageMask) >> PageBits;
        if (pagesNeeded > _pages.Length)
        {
            Array.Resize(ref _pages, Math.Max(pagesNeeded, _pages.Length * 2));
            Array.Resize(ref _isOwned, _pages.Length);
        }
        for (int i = (first + PageMask) >> PageBits; i < pagesNeeded; i++)
        {
            if (_pages[i] is null)
            {
                (_pages[i], _isOwned[i]) = (new T[PageSize], true);
            }
        }
        return first;
    }

    /// <summary>Makes a second array with the same elements; neither sees what is written to the other from now on.</summary>
    public CowArray<T> Fork()
    {
        CowArray<T> fork = new() { _pages = [.. _pages], _isOwned = new bool[_pages.Length], Count = Count };
        Array.Clear(_isOwned);
        return fork;
    }

    // Every page has PageSize elements. To compare an index with its length would be to wait for another line of memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T Element(int index) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_pages[index >> PageBits]), index & PageMask);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TakeCopy(int page) => (_pages[page], _isOwned[page]) = ([.. _pages[page]], true);
}
