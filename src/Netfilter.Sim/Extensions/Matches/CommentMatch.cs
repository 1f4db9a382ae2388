using System.Text;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m comment</c>: a remark that always matches (<c>net/netfilter/xt_comment.c comment_mt</c>).</summary>
public sealed record CommentMatch : Match
{
    /// <summary>Longest remark in bytes, without the final zero (<c>XT_MAX_COMMENT_LEN</c> − 1).</summary>
    internal const int MaxLength = 255;

    // Bytes where that is possible, which is nearly always: large rulesets are half comments.
    private readonly object _comment = "";

    /// <summary>The remark.</summary>
    public required string Comment
    {
        get => _comment is byte[] bytes ? Encoding.ASCII.GetString(bytes) : (string)_comment;
        init => _comment = Ascii.IsValid(value) ? Encoding.ASCII.GetBytes(value) : value;
    }

    private byte[] Plain
    {
        init => _comment = value;
    }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "comment",
        KernelBytes = 256,
        Summary = "Carries a remark; matches always.",
        Source = "net/netfilter/xt_comment.c, extensions/libxt_comment.c",
        Options =
        [
            new("comment", OptionKind.Text)
            {
                Required = true, KeptBytes = MaxLength, ValueName = "text", Help = "The remark, at most 255 bytes.",
                Sample = source => $"remark-{source.Next(1000)}",
            },
        ],
        Build = values => new CommentMatch { Comment = values.Get<string>("comment") },
        ReadSaved = ReadSaved,
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.QuotedOption("comment", Comment);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("/* ").Raw(Comment).Raw(" */");

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override bool AlwaysMatches => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context) => MatchResult.Yes;

    /// <summary>Compares the remarks.</summary>
    public bool Equals(CommentMatch? other) => other is not null
        && (_comment is byte[] bytes
            ? other._comment is byte[] others && bytes.AsSpan().SequenceEqual(others)
            : Equals(_comment, other._comment));

    /// <inheritdoc/>
    public override int GetHashCode() => Comment.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => "a comment always matches";

    private static CommentMatch? ReadSaved(ReadOnlySpan<char> options)
    {
        const string Prefix = "--comment ";
        if (!options.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }
        ReadOnlySpan<char> text = options[Prefix.Length..];
        bool isQuoted = text.Length >= 2 && text[0] == '"' && text[^1] == '"';
        text = isQuoted ? text[1..^1] : text;
        // Beyond plain text the usual reader knows about escapes, bytes and blanks.
        bool isPlain = text.Length is > 0 and <= MaxLength && !text.ContainsAny("\\\"")
            && !text.ContainsAnyExceptInRange(' ', '~') && (isQuoted || !text.Contains(' '));
        if (!isPlain)
        {
            return null;
        }
        byte[] bytes = new byte[text.Length];
        _ = Encoding.ASCII.GetBytes(text, bytes);
        return new CommentMatch { Comment = "", Plain = bytes };
    }
}
