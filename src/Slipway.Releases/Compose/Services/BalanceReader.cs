using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>balance</c> and <c>affinity</c> of <c>x-release</c>: which instance gets a request.</summary>
static class BalanceReader
{
    const string Kinds = "least-requests (the default), round-robin, two-choices, hash, or {hash: header:NAME}";
    const string Sources = "address, path, header:NAME or cookie:NAME, for example header:X-User";

    public static BalancePolicy? Balance(Field field)
    {
        if (field.IsMissing) return null;
        if (field.Node is Mapping)
        {
            if (field["hash"].IsMissing) field.Error("the balance does not say what requests are hashed by", "{hash: address}, {hash: header:NAME, load: 150%}", "no hash");
            var (source, name) = Source(field["hash"]);
            return new BalancePolicy { Kind = BalanceKind.Hash, Source = source, Name = name, Load = Load(field["load"]) ?? new BalancePolicy { Kind = BalanceKind.Hash }.Load };
        }
        switch (field.Text())
        {
            case null or "least-requests":
                return null;
            case "round-robin":
                return new BalancePolicy { Kind = BalanceKind.RoundRobin };
            case "two-choices":
                return new BalancePolicy { Kind = BalanceKind.TwoChoices };
            case "hash":
                return new BalancePolicy { Kind = BalanceKind.Hash };
            case var text:
                field.Error($"'{text}' is no way to choose an instance", Kinds);
                return null;
        }
    }

    /// <param name="field">The key.</param>
    /// <param name="balance">What was read of the balance beside it.</param>
    public static AffinityPolicy? Affinity(Field field, BalancePolicy? balance)
    {
        if (field.IsMissing || (field.Node is Scalar { Text: "none" or "false" })) return null;
        var by = field.Node is Mapping ? field["by"] : field;
        if (by.Text() is not (null or "cookie")) by.Error($"'{by.Text()}' is nothing that a client can be known by", "cookie or none; balance: {hash: header:NAME} keeps clients together by a header");
        if (balance?.Kind == BalanceKind.Hash) field.Error("balance: hash says by itself where a client goes, and affinity says that he stays elsewhere", "one of both", "affinity beside balance: hash");
        var lifetime = field["lifetime"].Duration();
        if (lifetime < TimeSpan.FromSeconds(1)) field["lifetime"].Error("a cookie's life is a second or longer", "for example 8h; without it the cookie ends with the browser");
        return new AffinityPolicy { Lifetime = lifetime };
    }

    static (HashSource, string?) Source(Field field)
    {
        switch (field.Text())
        {
            case null or "address":
                return (HashSource.Address, null);
            case "path":
                return (HashSource.Path, null);
            case ['h', 'e', 'a', 'd', 'e', 'r', ':', .. var name] when HeaderRules.IsName(name.Trim()):
                return (HashSource.Header, name.Trim());
            case ['c', 'o', 'o', 'k', 'i', 'e', ':', .. var name] when HeaderRules.IsName(name.Trim()):
                return (HashSource.Cookie, name.Trim());
            case var text:
                field.Error($"'{text}' is nothing that requests are hashed by", Sources);
                return (HashSource.Address, null);
        }
    }

    static int? Load(Field field)
    {
        if (field.Text() is not { } text) return null;
        if (text is [.. var number, '%'] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is > 100 and <= 10_000) return percent;
        field.Error($"'{text}' is no load that an instance may have over the mean", "a percentage above 100%, for example 150%; the default is 200%");
        return null;
    }
}
