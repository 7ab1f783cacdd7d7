using System.Data;
using System.Globalization;
using Dapper;

namespace Slipway.Database;

/// <summary>How values and names pass between records and both databases: settings of Dapper, which it has once for the whole process.</summary>
static class DapperRules
{
    static readonly Lock Once = new();
    static bool _set;

    public static void Set()
    {
        lock (Once)
        {
            if (_set) return;
            _set = true;
            DefaultTypeMap.MatchNamesWithUnderscores = true;
            SqlMapper.RemoveTypeMap(typeof(bool));
            SqlMapper.RemoveTypeMap(typeof(bool?));
            SqlMapper.AddTypeHandler(new Booleans());
        }
    }

    /// <summary>Columns of truth are INTEGER, 0 or 1, on both.</summary>
    sealed class Booleans : SqlMapper.TypeHandler<bool>
    {
        public override void SetValue(IDbDataParameter parameter, bool value)
        {
            parameter.DbType = DbType.Int64;
            parameter.Value = value ? 1L : 0L;
        }

        public override bool Parse(object value) => Convert.ToBoolean(value, CultureInfo.InvariantCulture);
    }
}
