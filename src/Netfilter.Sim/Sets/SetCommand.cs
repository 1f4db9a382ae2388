namespace Netfilter.Sim.Sets;

/// <summary>What the <c>ipset</c> tool is told to do (<c>enum ipset_cmd</c>).</summary>
internal enum SetCommand : byte
{
    /// <summary>Nothing was said.</summary>
    None,

    /// <summary>Make a set.</summary>
    Create,

    /// <summary>Add an element.</summary>
    Add,

    /// <summary>Take an element away.</summary>
    Delete,

    /// <summary>Ask for an element.</summary>
    Test,

    /// <summary>Destroy a set, or all.</summary>
    Destroy,

    /// <summary>List a set, or all.</summary>
    List,

    /// <summary>List in the form that <see cref="Restore"/> takes.</summary>
    Save,

    /// <summary>Run the commands of the input.</summary>
    Restore,

    /// <summary>Empty a set, or all.</summary>
    Flush,

    /// <summary>Rename a set.</summary>
    Rename,

    /// <summary>Exchange two sets.</summary>
    Swap,

    /// <summary>Tell about commands.</summary>
    Help,

    /// <summary>Tell the version.</summary>
    Version,

    /// <summary>End.</summary>
    Quit,
}
