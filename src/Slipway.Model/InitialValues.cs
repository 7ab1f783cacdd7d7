using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Model;

/// <summary>
/// Lets what a document leaves out keep its initialiser. The source-generated reader gives every init-only property a value, and one that is absent
/// <c>default</c>: a record that was stored before a property came to it would be read with null for its list and 0 for its count. Here the record
/// is made by its constructor, and only what the document names is set. Records without a parameterless constructor are left as they are.
/// </summary>
public static class InitialValues
{
    /// <summary>A modifier for <see cref="JsonTypeInfoResolver.WithAddedModifier"/>.</summary>
    [SuppressMessage("Trimming", "IL2072", Justification = "Slipway is not trimmed.")]
    public static void Keep(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.IsAbstract || type.Type.GetConstructor(Type.EmptyTypes) is not { } constructor) return;
        type.CreateObject = () => constructor.Invoke(null);
        foreach (var property in type.Properties)
            if (property.AttributeProvider is PropertyInfo { CanWrite: true } member)
                property.Set = member.SetValue;
    }
}
