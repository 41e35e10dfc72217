-- What earlier loads put into a period, by the dates of their data.
SELECT load_id, max(load_rows) FROM :ledger WHERE data_date >= :from AND data_date < :to GROUP BY load_id
